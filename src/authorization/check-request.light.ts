/** The light build leaves it to development to find wrong names. */
export function checkAuthorization(_options: object): void {}
