import { useEffect, useState } from 'preact/hooks';

/** `what`: for those who do not see what stands beside it. */
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
      // There is no clipboard outside secure contexts, and it may be refused within them.
      setState('refused');
    }
  };
  return (
    <button class="copy" type="button" aria-label={`Copy ${what}`} onClick={() => void copy()}>
      {state === 'ready' ? 'Copy' : state === 'copied' ? 'Copied' : 'The browser refuses'}
      <span class="sr" role="status">
        {state === 'copied' && 'Copied'}
      </span>
    </button>
  );
}
