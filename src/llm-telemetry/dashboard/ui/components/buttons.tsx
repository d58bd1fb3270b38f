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
  const [state, setState] = useState<'ready' | 'copied' | 'refused'>('ready');
  useEffect(() => {
    if (state === 'ready') return;
    const timer = setTimeout(() => setState('ready'), 1600);
    return () => clearTimeout(timer);
  }, [state]);
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text);
      setState('copied');
    } catch {
      // The clipboard requires a secure context and permission.
      setState('refused');
    }
  };
  return (
    <button class="copy" type="button" aria-label={`Copy ${what}`} onClick={() => void copy()}>
      {state === 'ready' ? 'Copy' : state === 'copied' ? 'Copied' : 'Copy failed'}
      <span class="sr" role="status">
        {state === 'copied' && 'Copied'}
      </span>
    </button>
  );
}
