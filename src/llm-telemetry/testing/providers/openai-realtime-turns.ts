import type { Json } from '../model/emulated-api.js';

/** Settings of a session's turn detection. Source: types of openai 7 (`RealtimeAudioInputTurnDetection.ServerVad`). */
export interface TurnDetection {
  readonly silenceMs: number;
  readonly createsResponse: boolean;
  readonly interruptsResponse: boolean;
}

/** Returns the turn detection that a session asks for; `null` if the client commits the turns. */
export function turnDetectionOf(session: Json): TurnDetection | null {
  const audio = session['audio'] as { input?: { turn_detection?: Json | null } } | undefined;
  const settings = audio?.input?.turn_detection;
  if (settings?.['type'] !== 'server_vad') return null;
  return {
    silenceMs: Number(settings['silence_duration_ms'] ?? 500),
    createsResponse: settings['create_response'] !== false,
    interruptsResponse: settings['interrupt_response'] !== false,
  };
}

/** 24,000 samples of 2 bytes a second. */
const BYTES_PER_MS = 48;

/** What a piece of audio changes. */
export type TurnChange = 'started' | 'stopped' | null;

/** Detects turns of a user by silence: samples of 0. */
export class TurnDetector {
  private speaks = false;
  private silentMs = 0;
  private heardMs = 0;

  /** Time in milliseconds of the audio heard so far. */
  get timeMs(): number {
    return Math.round(this.heardMs);
  }

  hear(audio: Buffer, { silenceMs }: TurnDetection): TurnChange {
    const ms = audio.length / BYTES_PER_MS;
    this.heardMs += ms;
    if (audio.some((byte) => byte !== 0)) {
      this.silentMs = 0;
      if (this.speaks) return null;
      this.speaks = true;
      return 'started';
    }
    this.silentMs += ms;
    if (!this.speaks || this.silentMs < silenceMs) return null;
    this.speaks = false;
    return 'stopped';
  }
}
