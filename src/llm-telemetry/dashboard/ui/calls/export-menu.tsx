import { apiUrl } from '../api/ask.js';
import { callParameters, question } from '../api/questions.js';
import { Caret } from '../components/icons.js';
import { Popup } from '../components/popup.js';
import { useClock } from '../state/clock.js';
import { useNavigation } from '../state/navigation.js';

/** All calls of the range that match, as a file. */
export function ExportMenu() {
  const { state } = useNavigation();
  const { range } = useClock();
  const href = (endpoint: string): string => apiUrl(question(endpoint, { ...callParameters(range, state) }));
  return (
    <Popup
      class="button"
      label="Export"
      button={
        <>
          Export
          <Caret />
        </>
      }
    >
      {(close) => (
        <>
          <a class="option" href={href('calls.csv')} download onClick={close}>
            CSV <span class="muted">a row for each call</span>
          </a>
          <a class="option" href={href('calls.ndjson')} download onClick={close}>
            NDJSON <span class="muted">a line of JSON for each</span>
          </a>
        </>
      )}
    </Popup>
  );
}
