import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';

/**
 * Button that opens a popover below it. The browser closes it on Escape or a click elsewhere and restores the focus.
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

  const place = (): void => {
    const box = content.current!;
    const { left, bottom } = trigger.current!.getBoundingClientRect();
    const rightmost = document.documentElement.clientWidth - box.offsetWidth - 12;
    box.style.left = `${Math.max(12, Math.min(left, rightmost))}px`;
    box.style.top = `${bottom + 4}px`;
  };
  const toggled = ({ newState }: Pick<ToggleEvent, 'newState'>): void => {
    setOpen(newState === 'open');
    if (newState !== 'open') return;
    onOpen?.();
  };
  // Content may load after the popover opens and change its width.
  useEffect(() => {
    if (!open) return;
    const resized = new ResizeObserver(place);
    resized.observe(content.current!);
    return () => resized.disconnect();
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
        onToggle={toggled}
      >
        {open && children(() => content.current?.hidePopover())}
      </div>
    </span>
  );
}
