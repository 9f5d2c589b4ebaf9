import { LineChart } from 'echarts/charts';
import { GridComponent, MarkLineComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { escaped, Markup } from './markup.js';

use([LineChart, GridComponent, MarkLineComponent, SVGRenderer]);

export interface LineSpec {
  readonly title: string;
  /** What the picture says, for readers who do not see it. */
  readonly description: string;
  /** What the horizontal axis counts. */
  readonly axis?: string;
  /** One value per round; null leaves a gap. */
  readonly points: readonly { readonly round: number; readonly value: number | null }[];
  /** A dashed level for comparison. */
  readonly level?: {
    readonly name: string;
    readonly value: number;
    /** Where its name stands clear of the line. */
    readonly named?: 'start' | 'end';
  };
}

/**
 * Colours of the page, by the stand-ins that echarts draws with: it computes with colours, so it cannot be
 * given CSS variables; the stand-ins are exchanged for them in the finished SVG, which follows light and dark.
 */
const colours = { line: '#010101', level: '#020202', text: '#030303', grid: '#040404' } as const;

/** Drawn at the size it has on a phone; wider columns scale it up a little. */
const width = 360;
const height = 230;

/** A line over rounds as inline SVG. `number` keeps ids of several charts in one page apart. */
export function lineChart(spec: LineSpec, number: number): Markup {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height });
  try {
    chart.setOption(optionOf(spec));
    return new Markup(finish(chart.renderToSVGString(), spec, number));
  } finally {
    // An undisposed chart keeps a timer and the process alive.
    chart.dispose();
  }
}

/** More points than this stand too close for marks of their own. */
const mostMarks = 30;

function optionOf({ points, level, axis = 'round' }: LineSpec) {
  const values = [...points.map(({ value }) => value), level?.value ?? null].filter((v) => v !== null);
  const low = Math.min(...values);
  const high = Math.max(...values);
  const margin = Math.max((high - low) * 0.12, 0.002);
  const label = { color: colours.text, fontSize: 11 };
  return {
    animation: false,
    grid: { left: 46, right: 14, top: 14, bottom: 40 },
    xAxis: {
      type: 'category' as const,
      data: points.map(({ round }) => String(round)),
      name: axis,
      nameLocation: 'middle' as const,
      nameGap: 24,
      nameTextStyle: label,
      axisLabel: label,
      axisLine: { lineStyle: { color: colours.grid } },
      axisTick: { show: false },
    },
    yAxis: {
      type: 'value' as const,
      min: Number((low - margin).toPrecision(3)),
      max: Number((high + margin).toPrecision(3)),
      splitNumber: 4,
      axisLabel: {
        ...label,
        showMinLabel: false,
        showMaxLabel: false,
        formatter: (v: number) => v.toFixed(3),
      },
      splitLine: { lineStyle: { color: colours.grid }, showMinLine: false, showMaxLine: false },
    },
    series: [
      {
        type: 'line' as const,
        data: points.map(({ value }) => value),
        symbol: 'circle',
        symbolSize: 6,
        showSymbol: points.length <= mostMarks,
        showAllSymbol: true,
        lineStyle: { color: colours.line, width: 2 },
        itemStyle: { color: colours.line },
        ...(level === undefined
          ? {}
          : {
              markLine: {
                silent: true,
                symbol: 'none',
                // The default rounds the level to 2 decimals.
                precision: 10,
                lineStyle: { color: colours.level, type: 'dashed' as const, width: 1.5 },
                label: {
                  position: level.named === 'end' ? ('insideEndTop' as const) : ('insideStartTop' as const),
                  color: colours.level,
                  fontSize: 11,
                  formatter: level.name,
                },
                data: [{ yAxis: level.value }],
              },
            }),
      },
    ],
  };
}

function finish(svg: string, { title, description }: LineSpec, number: number): string {
  const inner = svg.slice(svg.indexOf('>') + 1);
  // Hover styles and their classes are numbered through the life of the process: two renderings would differ.
  const still = inner
    .replaceAll(/<style\b[\s\S]*?<\/style>/g, '')
    .replaceAll(/ (?:class|ecmeta_[a-z_]+|pointer-events)="[^"]*"/g, '');
  const named = still.replaceAll(/zr\d+-/g, `chart${number}-`);
  const coloured = Object.entries(colours).reduce(
    (text, [name, stand]) => text.replaceAll(stand, `var(--chart-${name})`),
    named,
  );
  return `<figure><figcaption>${escaped(title)}</figcaption><svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(`${title}: ${description}`)}">${coloured}</figure>`;
}
