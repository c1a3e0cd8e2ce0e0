/** The light build does not check names; development does. */
export function checkAuthorization(_options: object): void {}
