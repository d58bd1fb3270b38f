/** Group of buttons of which one is selected. */
export function Segmented<T extends string>({
  label,
  options,
  chosen,
  onChoose,
  small = false,
}: {
  label: string;
  options: ReadonlyArray<readonly [value: T, text: string]>;
  chosen: T | null;
  onChoose: (value: T) => void;
  small?: boolean;
}) {
  return (
    <div class={small ? 'segmented small' : 'segmented'} role="group" aria-label={label}>
      {options.map(([value, text]) => (
        <button key={value} type="button" aria-pressed={value === chosen} onClick={() => onChoose(value)}>
          {text}
        </button>
      ))}
    </div>
  );
}
