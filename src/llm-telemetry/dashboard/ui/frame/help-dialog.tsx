import { useLayoutEffect, useRef } from 'preact/hooks';

type Keys = ReadonlyArray<readonly [keys: readonly string[], text: string]>;

/** Shortcuts by page. Keep in sync with `use-page-shortcuts.ts` and the pages. */
const KEYS: ReadonlyArray<readonly [where: string, keys: Keys]> = [
  [
    'Everywhere',
    [
      [['g', 'o'], 'Overview'],
      [['g', 'c'], 'Calls'],
      [['g', 'a'], 'Alerts'],
      [['/'], 'Search calls'],
      [['l'], 'Live on or off'],
      [['t'], 'Light or dark'],
      [['Esc'], 'Close, zoom out, or leave the page'],
      [['?'], 'This list'],
    ],
  ],
  [
    'Overview',
    [
      [['1', '…', '7'], 'Select a measure'],
      [['c'], 'Compare with the previous period'],
    ],
  ],
  [
    'Overview and calls',
    [
      [['[', ']'], 'Earlier, later'],
      [['-'], 'Zoom out'],
      [['j', 'k', '↵'], 'Next or previous call, open it'],
    ],
  ],
  [
    'A call',
    [
      [['j', 'k'], 'Older or newer call'],
      [['↑', '↓'], 'Select an attempt'],
    ],
  ],
  [
    'A chart with focus',
    [
      [['←', '→', 'Home', 'End'], 'Read its values'],
      [['⇧', '←', '→', '↵'], 'Select, and zoom in'],
    ],
  ],
];

export function HelpDialog({ onClose }: { onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} aria-labelledby="help" onClose={onClose}>
      <div class="panel-head">
        <h2 id="help">Keyboard</h2>
        <span class="grow" />
        <button class="button" type="button" onClick={() => dialog.current?.close()}>
          Close
        </button>
      </div>
      {KEYS.map(([where, keys]) => (
        <section key={where}>
          <h3>{where}</h3>
          <dl class="keys">
            {keys.map(([keys, text]) => (
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
        </section>
      ))}
    </dialog>
  );
}
