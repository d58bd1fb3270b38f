import { useEffect, useState } from 'preact/hooks';

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

/** Copies `text`. `what` names it for screen readers. */
export function CopyButton({ text, what }: { text: string; what: string }) {
  const [last, setLast] = useState<{ readonly text: string; readonly copied: boolean } | null>(null);
  useEffect(() => {
    if (last === null) return;
    const timer = setTimeout(() => setLast(null), 1600);
    return () => clearTimeout(timer);
  }, [last]);
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text);
      setLast({ text, copied: true });
    } catch {
      // The clipboard requires a secure context and permission.
      setLast({ text, copied: false });
    }
  };
  // The button may show another text by now.
  const copied = last?.text === text ? last.copied : null;
  return (
    <button class="copy" type="button" aria-label={`Copy ${what}`} onClick={() => void copy()}>
      {copied === null ? 'Copy' : copied ? 'Copied' : 'Copy failed'}
      <span class="sr" role="status">
        {copied && 'Copied'}
      </span>
    </button>
  );
}
