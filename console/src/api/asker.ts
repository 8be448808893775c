// Something about each row of a long list, asked for row by row: what is on the screen first.
import { atMost } from "./pages";

/** Browsers have six connections to an origin; two stay for what a person clicks. */
const AT_ONCE = 4;
/** Lists up to here are read whole, so that they can be sorted by what was asked for. */
export const WHOLE_MAX = 200;

export interface Asked<V> {
  /** By key; a row that is not in here was not read yet. */
  known: ReadonlyMap<string, V>;
  /** Why the last round ended early. */
  error: unknown;
  /** How many of a round are still to be read. */
  waiting: number;
}

/** Answers come by dozens; what is shown changes five times a second. */
const FLUSH_MS = 200;

export class Asker<V> {
  private state: Asked<V> = { known: new Map(), error: undefined, waiting: 0 };
  private readonly known = new Map<string, V>();
  private readonly readAt = new Map<string, number>();
  private readonly listeners = new Set<() => void>();
  private round = new AbortController();
  private waiting = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param ask Reads one; the signal ends it.
   * @param freshMs What was read so long ago is read again when it is wanted.
   * @param clock Milliseconds of any beginning.
   */
  constructor(
    private readonly ask: (key: string, signal: AbortSignal) => Promise<V>,
    private readonly freshMs: number,
    private readonly clock: () => number = () => performance.now(),
  ) {}

  get = (): Asked<V> => this.state;

  /** Whether a round is under way. */
  get busy(): boolean {
    return this.waiting > 0;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
      // Nobody looks: nothing is read on.
      if (this.listeners.size === 0) this.end();
    };
  };

  /** Read these, if they aren't fresh; what waited from before and isn't among them is let go. */
  async want(keys: readonly string[]): Promise<void> {
    this.end();
    const own = (this.round = new AbortController());
    const ended = (): boolean => own.signal.aborted;
    const old = this.clock() - this.freshMs;
    const stale = keys.filter((key) => (this.readAt.get(key) ?? -Infinity) <= old);
    this.waiting = stale.length;
    if (stale.length === 0) return;
    let error: unknown;
    this.tell(error);
    try {
      await atMost(AT_ONCE, stale, async (key) => {
        if (ended()) return;
        const value = await this.ask(key, own.signal);
        if (ended()) return;
        this.readAt.set(key, this.clock());
        this.known.set(key, value);
        this.waiting -= 1;
        this.timer ??= setTimeout(() => this.tell(undefined), FLUSH_MS);
      });
    } catch (refused) {
      error = refused;
    }
    if (ended()) return;
    // After a refusal the others of the round are let go, and tried again with the next.
    this.end();
    this.tell(error);
  }

  private end(): void {
    this.round.abort();
    this.waiting = 0;
  }

  private tell(error: unknown): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.state = { known: new Map(this.known), error, waiting: this.waiting };
    for (const each of this.listeners) each();
  }
}
