// The frame of every page: where one is, who one is, whether what is shown is live.
import { type ReactNode, Suspense, lazy, useEffect, useState } from "react";

import { links, start, useStore } from "./api/live";
import { SessionContext, type SignIn, load, signIn, signOut, useSession } from "./api/session";
import { Link } from "./components/link";
import { Empty, Loading } from "./components/message";
import { Search } from "./components/search";
import { choose, useText } from "./i18n";
import type { Key } from "./i18n/zh-CN";
import { usePath, useQuery } from "./router";
import { type Theme, chooseTheme, storedTheme } from "./theme";

const Situation = lazy(() => import("./pages/situation"));
const WarningDesk = lazy(() => import("./pages/warning_desk"));
const WarningPage = lazy(() => import("./pages/warning"));
const WarningDraft = lazy(() => import("./pages/warning_draft"));
const Edge = lazy(() => import("./pages/edge"));
const EdgeNode = lazy(() => import("./pages/edge_node"));
const RolloutPage = lazy(() => import("./pages/edge_rollouts"));
const PoolPage = lazy(() => import("./pages/edge_pools"));
const Hospitals = lazy(() => import("./pages/hospitals"));
const PatientPage = lazy(() => import("./pages/patient"));
const HospitalPage = lazy(() => import("./pages/hospital"));
const ConsultationPage = lazy(() => import("./pages/hospital_consultations"));
const Credit = lazy(() => import("./pages/credit"));
const RepairPage = lazy(() => import("./pages/credit_cases"));
const ObjectionPage = lazy(() => import("./pages/credit_objections"));
const DrawPage = lazy(() => import("./pages/draw"));
const Energy = lazy(() => import("./pages/energy"));
const EnergyUnit = lazy(() => import("./pages/energy_unit"));
const EnergyPlan = lazy(() => import("./pages/energy_dispatch"));
const EnergyEvent = lazy(() => import("./pages/energy_response"));
const EnergyStation = lazy(() => import("./pages/energy_stations"));
const Rules = lazy(() => import("./pages/rules"));

const PAGES: readonly [string, Key][] = [
  ["", "nav.situation"],
  ["warnings", "nav.warnings"],
  ["edge", "nav.edge"],
  ["hospitals", "nav.hospitals"],
  ["energy", "nav.energy"],
  ["credit", "nav.credit"],
  ["rules", "nav.rules"],
];

function page(path: string[]): ReactNode {
  const [first = "", second = "", third = "", fourth = ""] = path;
  switch (first) {
    case "":
      return <Situation />;
    case "warnings":
      if (second === "new") return <WarningDraft />;
      return second ? <WarningPage key={second} id={second} /> : <WarningDesk />;
    case "edge":
      if (second === "rollouts" && fourth) return <RolloutPage key={path.join()} namespace={third} id={fourth} />;
      if (second === "pools" && fourth) return <PoolPage key={path.join()} namespace={third} id={fourth} />;
      return second ? <EdgeNode key={second} id={second} /> : <Edge />;
    case "hospitals":
      return hospitalPage(second, third);
    case "credit":
      if (second === "repairs" && third) return <RepairPage key={third} id={third} />;
      if (second === "objections" && third) return <ObjectionPage key={third} id={third} />;
      return second === "draws" && third ? <DrawPage key={third} id={third} /> : <Credit />;
    case "energy":
      return energyPage(second, third);
    case "rules":
      return <Rules chosen={second} />;
    default:
      return <Lost />;
  }
}

function hospitalPage(kind: string, id: string): ReactNode {
  if (!id) return kind ? <PatientPage key={kind} id={kind} /> : <Hospitals />;
  if (kind === "at") return <HospitalPage key={id} id={id} />;
  return kind === "consultations" ? <ConsultationPage key={id} id={id} /> : <Lost />;
}

function energyPage(kind: string, id: string): ReactNode {
  if (!id) return <Energy />;
  switch (kind) {
    case "units":
      return <EnergyUnit key={id} id={id} />;
    case "dispatchPlans":
      return <EnergyPlan key={id} id={id} />;
    case "demandResponseEvents":
      return <EnergyEvent key={id} id={id} />;
    case "stations":
      return <EnergyStation key={id} id={id} />;
    default:
      return <Lost />;
  }
}

function Lost() {
  const { t } = useText();
  return <Empty title={t("lost.title")}><Link to="/">{t("lost.hint")}</Link></Empty>;
}

export function App() {
  const [found, setFound] = useState<SignIn>({ state: "loading" });
  useEffect(() => {
    void load().then(setFound);
  }, []);
  if (found.state === "loading") return <Loading />;
  if (found.state !== "in") return <Door state={found.state} />;
  return (
    <SessionContext value={found.session}>
      <Frame />
    </SessionContext>
  );
}

function Door({ state }: { state: "out" | "unreachable" }) {
  const { t } = useText();
  const [refused] = useQuery("sign_in");
  return (
    <main className="door">
      <h1>{t("title")}</h1>
      <p>{t("subtitle")}</p>
      {refused && <p role="alert">{t("sign_in.refused")} <code>{refused}</code></p>}
      {state === "unreachable" && <p role="alert">{t("sign_in.unreachable")}</p>}
      <button type="button" className="primary" onClick={state === "out" ? signIn : () => location.reload()}>
        {state === "out" ? t("sign_in") : t("retry")}
      </button>
    </main>
  );
}

function Frame() {
  const { t } = useText();
  const path = usePath();
  const current = path[0] ?? "";
  useEffect(() => start(), []);
  useEffect(() => {
    const found = PAGES.find(([name]) => name === current);
    document.title = found ? `${t(found[1])} · ${t("title")}` : t("title");
  }, [current, t]);
  return (
    <div className="frame">
      <a className="skip" href="#main">{t("skip")}</a>
      <header className="top">
        <Link to="/" className="brand">{t("title")}</Link>
        <nav aria-label={t("nav")}>
          {PAGES.map(([name, key]) => (
            <Link key={name} to={`/${name}`} current={current === name}>{t(key)}</Link>
          ))}
        </nav>
        <Search />
        <Live />
        <Person />
      </header>
      <main id="main" tabIndex={-1}>
        <Suspense fallback={<Loading />}>{page(path)}</Suspense>
      </main>
    </div>
  );
}

function Live() {
  const { t } = useText();
  const known = useStore(links);
  const states = Object.values(known);
  // Everybody who is signed in may watch nodes: who no longer may is signed out.
  if (known.nodes === "refused") {
    return (
      <span className="live live-lost" role="alert" data-live="ended">
        {t("live.ended")}{" "}
        <button type="button" className="small" onClick={signIn}>{t("sign_in")}</button>
      </span>
    );
  }
  const lost = states.includes("lost");
  const live = states.length > 0 && states.every((each) => each === "live" || each === "refused");
  const name = lost ? "lost" : live ? "live" : "connecting";
  return (
    <span className={`live live-${name}`} role="status" data-live={name}>
      <span aria-hidden="true">{lost ? "✕" : live ? "●" : "◌"}</span> {t(`live.${name}`)}
    </span>
  );
}

function Person() {
  const { t, language } = useText();
  const session = useSession();
  const [theme, setTheme] = useState<Theme>(storedTheme());
  const roles = session.roles.map((role) => t(`role.${role}` as Key)).join(language === "en" ? ", " : "、");
  return (
    <details className="person">
      <summary>{session.name}</summary>
      <div className="person-menu">
        <p>{roles}</p>
        <label>
          {t("language")}
          <select value={language} onChange={(e) => void choose(e.target.value === "en" ? "en" : "zh-CN")}>
            <option value="zh-CN" lang="zh-CN">中文</option>
            <option value="en" lang="en">English</option>
          </select>
        </label>
        <label>
          {t("theme")}
          <select
            value={theme}
            onChange={(e) => {
              const next = e.target.value as Theme;
              setTheme(next);
              chooseTheme(next);
            }}
          >
            <option value="system">{t("theme.system")}</option>
            <option value="light">{t("theme.light")}</option>
            <option value="dark">{t("theme.dark")}</option>
          </select>
        </label>
        <button type="button" onClick={() => void signOut()}>{t("sign_out")}</button>
      </div>
    </details>
  );
}
