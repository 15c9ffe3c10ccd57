namespace HostSwap.Hostctl.Reporting;

/// <summary>How a report looks, by day and in the dark. It names nothing outside of the page.</summary>
internal static class ReportStyle
{
    /// <summary>The style sheet. It has no sign that XML would write in another way.</summary>
    public const string Sheet = """
        :root { color-scheme: light dark; --paper: #ffffff; --ink: #1c1c1e; --faint: #6b6b70; --line: #d9d9de;
          --host: #9aa5b1; --canary: #c9a227; --move: #2f6fdf; --care: #8fb3f0; --failed: #d0342c; --blackout: #111114; --good: #1f7a3d; }
        @media (prefers-color-scheme: dark) { :root { --paper: #17171a; --ink: #ececf0; --faint: #9c9ca4; --line: #38383e;
          --host: #5d6670; --canary: #b8931f; --move: #5b93f5; --care: #3f5f96; --failed: #ff6b62; --blackout: #ffffff; --good: #59c37a; } }
        body { background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 66rem; padding: 0 1rem; }
        h1 { font-size: 1.6rem; margin: 0; } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
        .faint, figcaption { color: var(--faint); } .good { color: var(--good); } .bad { color: var(--failed); }
        figure { margin: 1rem 0; overflow-x: auto; } svg { min-width: 40rem; width: 100%; height: auto; }
        svg text { fill: var(--ink); font: 12px system-ui, sans-serif; } svg .name { text-anchor: end; } svg .axis { fill: var(--faint); text-anchor: middle; font-size: 11px; }
        svg .tick { stroke: var(--line); stroke-width: 1; }
        .host { fill: var(--host); background: var(--host); } .canary { fill: var(--canary); background: var(--canary); }
        .move { fill: var(--move); background: var(--move); } .care { fill: var(--care); background: var(--care); }
        .failed { fill: var(--failed); background: var(--failed); } .blackout { fill: var(--blackout); background: var(--blackout); }
        .key { border-radius: 2px; display: inline-block; height: .7em; margin: 0 .3em 0 1em; width: 1em; }
        table { border-collapse: collapse; width: 100%; } th, td { border-bottom: 1px solid var(--line); padding: .3rem .6rem .3rem 0; text-align: left; vertical-align: top; }
        .number { text-align: right; white-space: nowrap; } td { overflow-wrap: anywhere; } summary { cursor: pointer; }
        """;
}
