/** One call: its attempts, and what each cost. */
export function CallPage({ id }: { id: number }) {
  return <h1 class="span-12">Call {id}</h1>;
}
