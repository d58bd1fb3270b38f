import { apiUrl } from '../api/fetch-api.js';
import { callParameters, apiPath } from '../api/api-path.js';
import { Caret } from '../components/icons.js';
import { Popup } from '../components/popup.js';
import { useClock } from '../state/clock.js';
import { useNavigation } from '../state/navigation.js';

/** Menu that exports all matching calls of the range. */
export function ExportMenu() {
  const { state } = useNavigation();
  const { range } = useClock();
  const href = (endpoint: string): string => apiUrl(apiPath(endpoint, { ...callParameters(range, state) }));
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
            CSV <span class="muted">one row per call</span>
          </a>
          <a class="option" href={href('calls.ndjson')} download onClick={close}>
            NDJSON <span class="muted">one JSON object per line</span>
          </a>
        </>
      )}
    </Popup>
  );
}
