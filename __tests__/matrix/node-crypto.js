/** Stands in for Node's `crypto`, which axios 1.8.0 imports in browsers too; nothing here calls it. */
export default {}
