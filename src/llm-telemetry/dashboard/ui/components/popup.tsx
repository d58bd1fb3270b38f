import type { ComponentChildren } from 'preact';
import { useId, useLayoutEffect, useRef, useState } from 'preact/hooks';

/** Room in pixels that a popover of the maximum height (`controls.css`) needs. */
const MOST = 436;

/**
 * Button that opens a popover below it, or above it if there is more room. The browser closes it on Escape or a click elsewhere and restores the focus.
 */
export function Popup({
  class: className,
  label,
  button,
  onOpen,
  children,
}: {
  class: string;
  /** Name of the popover for screen readers. */
  label: string;
  button: ComponentChildren;
  onOpen?: () => void;
  /** Content, rendered while the popover is open. */
  children: (close: () => void) => ComponentChildren;
}) {
  const id = useId();
  const trigger = useRef<HTMLButtonElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const [open, setOpen] = useState(false);

  /** Chosen before it opens, so that it does not change sides when content loads or the page scrolls. */
  const above = useRef(false);

  const place = (): void => {
    const box = content.current!;
    const { left, top, bottom } = trigger.current!.getBoundingClientRect();
    const { clientWidth, clientHeight } = document.documentElement;
    const room = above.current ? top : clientHeight - bottom;
    box.style.setProperty('--room', `${Math.max(120, room - 16)}px`);
    box.style.left = `${Math.max(12, Math.min(left, clientWidth - box.offsetWidth - 12))}px`;
    box.style.top = `${above.current ? top - 4 - box.offsetHeight : bottom + 4}px`;
  };
  // Before it opens, so that Tab finds the content. After it closed, because then the browser restores the focus.
  const opens = ({ newState }: Pick<ToggleEvent, 'newState'>): void => {
    if (newState !== 'open') return;
    const { top, bottom } = trigger.current!.getBoundingClientRect();
    const below = document.documentElement.clientHeight - bottom;
    above.current = below < MOST && top > below;
    setOpen(true);
    onOpen?.();
  };
  const toggled = ({ newState }: Pick<ToggleEvent, 'newState'>): void => setOpen(newState === 'open');
  // The button moves when the page scrolls. Content may load after the popover opens and change its width.
  useLayoutEffect(() => {
    if (!open) return;
    const stop = new AbortController();
    const resized = new ResizeObserver(place);
    resized.observe(content.current!);
    for (const type of ['scroll', 'resize'])
      addEventListener(type, place, { signal: stop.signal, passive: true, capture: true });
    return () => {
      resized.disconnect();
      stop.abort();
    };
  }, [open]);

  return (
    <span class="popup">
      <button ref={trigger} class={className} type="button" popovertarget={id} aria-expanded={open}>
        {button}
      </button>
      <div
        ref={content}
        id={id}
        class="popup-content"
        popover="auto"
        role="group"
        aria-label={label}
        onBeforeToggle={opens}
        onToggle={toggled}
      >
        {open && children(() => content.current?.hidePopover())}
      </div>
    </span>
  );
}
