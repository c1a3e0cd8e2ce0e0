/** The light build leaves it to development to find wrong names. */
export function checkCall(
  _options: object | undefined,
  _own: Readonly<Record<string, true>>,
  _places?: Readonly<Record<string, string>>,
): void {}
