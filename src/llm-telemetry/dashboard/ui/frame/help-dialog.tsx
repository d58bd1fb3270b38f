import { useEffect, useRef } from 'preact/hooks';

const KEYS: ReadonlyArray<readonly [keys: readonly string[], text: string]> = [
  [['/'], 'Find calls'],
  [['1', '…', '7'], 'Choose a key figure'],
  [['j', 'k', '↵'], 'Next and previous call, open it'],
  [['↑', '↓'], 'Choose an attempt of a call'],
  [['[', ']'], 'Earlier, later'],
  [['-'], 'Zoom out'],
  [['c'], 'Compare with the period before'],
  [['l'], 'Live'],
  [['t'], 'Light or dark'],
  [['g', 'o'], 'Overview'],
  [['g', 'c'], 'Calls'],
  [['g', 'a'], 'Alerts'],
  [['Esc'], 'Back'],
  [['?'], 'This list'],
  [['←', '→', 'Home', 'End'], 'In a chart: read its values'],
  [['⇧', '←', '→', '↵'], 'In a chart: select, and zoom in'],
];

export function HelpDialog({ onClose }: { onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} aria-labelledby="help" onClose={onClose}>
      <div class="panel-head">
        <h2 id="help">Keyboard</h2>
        <span class="grow" />
        <button class="button" type="button" onClick={() => dialog.current?.close()}>
          Close
        </button>
      </div>
      <dl class="keys">
        {KEYS.map(([keys, text]) => (
          <>
            <dt>
              {keys.map((key) => (
                <>
                  <kbd>{key}</kbd>{' '}
                </>
              ))}
            </dt>
            <dd>{text}</dd>
          </>
        ))}
      </dl>
    </dialog>
  );
}
