/** Seconds since the epoch. */
export type Clock = () => number

/** The clock of the machine, in seconds since the epoch: the default of every `clock` option. */
export const systemClock = (): number => Date.now() / 1000
