/** Color mark of a series. */
export function Swatch({ color }: { color: number }) {
  return <i class={`swatch k${color}`} aria-hidden="true" />;
}
