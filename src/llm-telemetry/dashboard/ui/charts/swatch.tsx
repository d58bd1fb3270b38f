/** The colour of a series. */
export function Swatch({ colour }: { colour: number }) {
  return <i class={`swatch k${colour}`} aria-hidden="true" />;
}
