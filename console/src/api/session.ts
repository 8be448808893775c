// Who is signed in. The tokens stay in the gateway; the page has a proof (csrf) that it is ours.
import { createContext, useContext } from "react";

export interface Session {
  subject: string;
  name: string;
  roles: string[];
  csrf: string;
  /** Platform time minus this machine's, milliseconds. */
  offsetMs: number;
}

export type SignIn =
  | { state: "loading" }
  | { state: "out" }
  | { state: "unreachable" }
  | { state: "in"; session: Session };

let current: Session | undefined;
export const csrf = (): string => current?.csrf ?? "";
/** Platform time, milliseconds. */
export const now = (): number => Date.now() + (current?.offsetMs ?? 0);

export async function load(): Promise<SignIn> {
  const began = Date.now();
  let answer: Response;
  try {
    answer = await fetch("/auth/session", { headers: { accept: "application/json" } });
  } catch {
    return { state: "unreachable" };
  }
  if (answer.status === 401) return { state: "out" };
  if (!answer.ok) return { state: "unreachable" };
  const found = (await answer.json()) as Session & { time_ms: number };
  // The answer was made somewhere between asking and hearing.
  const offsetMs = found.time_ms - (began + Date.now()) / 2;
  current = { ...found, offsetMs };
  return { state: "in", session: current };
}

export function signIn(): void {
  const here = `${location.pathname}${location.search}`;
  location.assign(`/auth/sign-in?return_to=${encodeURIComponent(here)}`);
}

export async function signOut(): Promise<void> {
  await fetch("/auth/sign-out", { method: "POST", headers: { "x-tianfu-csrf": csrf() } });
  location.assign("/");
}

export const SessionContext = createContext<Session | undefined>(undefined);

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (!session) throw new Error("no session: pages are shown to who is signed in");
  return session;
}

export function useRole(...wanted: string[]): boolean {
  const { roles } = useSession();
  return wanted.some((role) => roles.includes(role));
}
