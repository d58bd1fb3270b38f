/** Placeholder in the size of the content. */
export function Skeleton({ width, height }: { width: string; height: number }) {
  return <span class="skeleton" style={{ width, height: `${height}px` }} aria-hidden="true" />;
}
