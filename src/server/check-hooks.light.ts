/** The light build leaves it to development to find wrong names. */
export function checkHooks(_hooks: object | undefined): void {}
