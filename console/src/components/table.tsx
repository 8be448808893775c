// A table of any length: sorted, filtered by words, only what is seen in the page, CSV on demand.
import {
  type ColumnDef,
  type SortingState,
  createColumnHelper,
  flexRender,
  getCoreRowModel,
  getFilteredRowModel,
  getSortedRowModel,
  useReactTable,
} from "@tanstack/react-table";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type ReactNode, useEffect, useRef, useState } from "react";

import { csv, download } from "../domain/csv";
import { useText } from "../i18n";
import { useQuery } from "../router";
import { Empty } from "./message";

export interface Column<R> {
  id: string;
  title: string;
  /** By which it is sorted, found and exported. */
  value: (row: R) => string | number;
  show?: (row: R) => ReactNode;
  /** Share of the width. */
  width?: number;
  numeric?: boolean;
}

const ROW_PX = 34;

interface Props<R> {
  name: string;
  label: string;
  rows: readonly R[];
  columns: readonly Column<R>[];
  keyOf: (row: R) => string;
  emptyTitle: string;
  emptyHint?: string;
  tools?: ReactNode;
  /** Told the keys of the rows in the page, whenever they change. */
  onSeen?: (keys: readonly string[]) => void;
}

export function Table<R>({ name, label, rows, columns, keyOf, emptyTitle, emptyHint, tools, onSeen }: Props<R>) {
  const { t } = useText();
  const [words, setWords] = useQuery("q");
  const [sorting, setSorting] = useState<SortingState>([]);
  const scroller = useRef<HTMLDivElement>(null);
  const helper = createColumnHelper<R>();
  const defs: ColumnDef<R, string | number>[] = columns.map((column) =>
    helper.accessor(column.value, {
      id: column.id,
      header: column.title,
      cell: ({ row }) => (column.show ? column.show(row.original) : column.value(row.original)),
    }),
  );
  // The library's table is not made for the compiler's memo; it is cheap at this size.
  // eslint-disable-next-line react-hooks/incompatible-library
  const table = useReactTable({
    data: rows as R[],
    columns: defs,
    state: { sorting, globalFilter: words },
    onSortingChange: setSorting,
    globalFilterFn: (row, _column, filter: string) => matches(columns, row.original, filter),
    getCoreRowModel: getCoreRowModel(),
    getSortedRowModel: getSortedRowModel(),
    getFilteredRowModel: getFilteredRowModel(),
    getRowId: keyOf,
  });
  const shown = table.getRowModel().rows;
  const virtual = useVirtualizer({
    count: shown.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: 12,
  });
  const items = virtual.getVirtualItems();
  // A text, so that the same rows are the same; names of resources have no line ends.
  const seen = onSeen ? items.map((item) => shown[item.index]?.id ?? "").join("\n") : "";
  useEffect(() => onSeen?.(seen.split("\n").filter(Boolean)), [onSeen, seen]);
  const grid = columns.map((column) => `minmax(0, ${column.width ?? 1}fr)`).join(" ");
  const save = (): void => {
    const head = columns.map((column) => column.title);
    const body = shown.map((row) => columns.map((column) => String(column.value(row.original))));
    download(`${name}.csv`, "text/csv;charset=utf-8", csv(head, body));
  };
  return (
    <section className="table-box" aria-label={label}>
      <div className="toolbar">
        <label className="find">
          <span className="visually-hidden">{t("filter")}</span>
          <input type="search" value={words} placeholder={t("filter")} onChange={(e) => setWords(e.target.value)} />
        </label>
        {tools}
        <span className="count" role="status">
          {t("rows", { shown: shown.length, all: rows.length })}
        </span>
        <button type="button" onClick={save} disabled={shown.length === 0}>
          {t("export_csv")}
        </button>
      </div>
      {/* The scroller is reached by keyboard, so that long tables can be read without a mouse. */}
      <div className="table-scroll" ref={scroller} tabIndex={0} role="region" aria-label={label}>
        <div role="table" aria-label={label} aria-rowcount={shown.length + 1} className="table">
          <div role="rowgroup" className="table-head">
            <div role="row" aria-rowindex={1} style={{ gridTemplateColumns: grid }}>
              {table.getFlatHeaders().map((header, i) => {
                const sorted = header.column.getIsSorted();
                return (
                  <div
                    key={header.id}
                    role="columnheader"
                    aria-sort={sorted === "asc" ? "ascending" : sorted === "desc" ? "descending" : "none"}
                    className={columns[i]?.numeric ? "numeric" : ""}
                  >
                    <button type="button" onClick={header.column.getToggleSortingHandler()}>
                      {flexRender(header.column.columnDef.header, header.getContext())}
                      <span aria-hidden="true">{sorted === "asc" ? " ▲" : sorted === "desc" ? " ▼" : ""}</span>
                    </button>
                  </div>
                );
              })}
            </div>
          </div>
          <div role="rowgroup" className="table-body" style={{ height: virtual.getTotalSize() }}>
            {items.map((item) => {
              const row = shown[item.index];
              if (!row) return null;
              return (
                <div
                  key={row.id}
                  role="row"
                  aria-rowindex={item.index + 2}
                  className="table-row"
                  style={{ gridTemplateColumns: grid, transform: `translateY(${item.start}px)` }}
                >
                  {row.getVisibleCells().map((cell, i) => (
                    <div key={cell.id} role="cell" className={columns[i]?.numeric ? "numeric" : ""}>
                      {flexRender(cell.column.columnDef.cell, cell.getContext())}
                    </div>
                  ))}
                </div>
              );
            })}
          </div>
        </div>
        {shown.length === 0 && (
          <Empty title={rows.length === 0 ? emptyTitle : t("nothing_matches")}>
            {rows.length === 0 ? emptyHint : t("nothing_matches.hint")}
          </Empty>
        )}
      </div>
    </section>
  );
}

function matches<R>(columns: readonly Column<R>[], row: R, filter: string): boolean {
  const text = columns.map((column) => column.value(row)).join(" ").toLowerCase();
  return filter.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}
