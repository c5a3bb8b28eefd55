/**
 * The money that a job may spend, in millionths of a currency. What is in progress holds a reservation for the worst case, so the sum of what was
 * spent can never pass the cap, however many documents are in progress.
 */
export class Budget {
  readonly capMicros: number
  #spentMicros = 0
  #reservedMicros = 0

  /** @param capMicros - `Infinity` for no cap. */
  constructor(capMicros: number) {
    this.capMicros = capMicros
  }

  get spentMicros(): number {
    return this.#spentMicros
  }

  /** True when this amount can be reserved. */
  hasRoomFor(micros: number): boolean {
    return this.#spentMicros + this.#reservedMicros + micros <= this.capMicros
  }

  reserve(micros: number): void {
    this.#reservedMicros += micros
  }

  /** Gives a reservation back, and counts what was really spent. */
  settle(reservedMicros: number, spentMicros: number): void {
    this.#reservedMicros -= reservedMicros
    this.#spentMicros += spentMicros
  }
}
