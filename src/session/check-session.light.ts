/** The light build leaves it to development to find a program's mistakes. */
export function checkSessionOptions(_options: object): void {}
