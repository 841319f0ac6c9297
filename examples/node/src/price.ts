/** A price in cents as people read it. */
export function price(cents: number): string {
  return `${(cents / 100).toFixed(2)} €`;
}
