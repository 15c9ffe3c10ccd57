using Cronos;
using HostSwap.Orchestrator.Swapping;

namespace HostSwap.Orchestrator.Configuration;

/// <summary>When and how the host is refreshed without anybody typing anything.</summary>
/// <param name="Strategy">What happens by itself.</param>
/// <param name="TimeZone">The time zone of windows and freezes; null for that of the outer host.</param>
/// <param name="RandomDelay">By at most so much a refresh begins after its window does, so that not all servers begin at once.</param>
/// <param name="CheckInterval">How often updates are looked for outside of windows.</param>
/// <param name="AtWindowEnd">What becomes of a swap that meets its window's end.</param>
/// <param name="Soak">How long the new generation is watched after a swap.</param>
/// <param name="OnSoakFailure">What is done when something is wrong in that time.</param>
/// <param name="MaximumLoad">The load average over a minute above which nothing begins; null for any.</param>
public sealed record RefreshSettings(
    RefreshStrategy Strategy,
    TimeZoneInfo? TimeZone,
    TimeSpan RandomDelay,
    TimeSpan CheckInterval,
    EndOfWindow AtWindowEnd,
    TimeSpan Soak,
    SoakFailure OnSoakFailure,
    int? MaximumLoad)
{
    /// <summary>What is done with the VMs when one cannot be moved.</summary>
    public FailurePolicy OnFailure { get; init; } = FailurePolicy.Rollback;

    /// <summary>Packages, <c>*</c> standing for any characters, whose security updates do not wait for a window where the strategy is <see cref="RefreshStrategy.Immediate"/>; empty for all.</summary>
    public IReadOnlyList<string> Urgent { get; init; } = [];

    /// <summary>Days on which nothing begins by itself.</summary>
    public IReadOnlyList<FrozenDays> Freeze { get; init; } = [];

    /// <summary>When a refresh may run.</summary>
    public IReadOnlyList<MaintenanceWindow> Windows { get; init; } = [];

    /// <summary>Who is asked whether anything speaks against it.</summary>
    public IReadOnlyList<VetoSource> Vetoes { get; init; } = [];

    /// <summary>What is run before and after stages.</summary>
    public IReadOnlyList<StageHook> Hooks { get; init; } = [];
}

/// <summary>What happens by itself.</summary>
public enum RefreshStrategy
{
    /// <summary>Updates are looked for; nothing else.</summary>
    Manual,

    /// <summary>Within maintenance windows the host is refreshed.</summary>
    Window,

    /// <summary>Urgent security updates are taken as soon as they are found, all others within windows.</summary>
    Immediate,
}

/// <summary>What becomes of a swap that meets its window's end.</summary>
public enum EndOfWindow
{
    /// <summary>Moves in flight end, nothing more begins; the next window goes on with it.</summary>
    Stop,

    /// <summary>Every VM goes back.</summary>
    Rollback,
}

/// <summary>What is done when something is wrong with the new generation while it is watched.</summary>
public enum SoakFailure
{
    /// <summary>It is reported.</summary>
    Report,

    /// <summary>Every VM goes back.</summary>
    Rollback,
}

/// <summary>A time in which a refresh may run, again and again.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Start">When it begins, as the operator wrote it: five fields of crontab(5).</param>
/// <param name="Begins">The same, parsed.</param>
/// <param name="Duration">How long it is.</param>
public sealed record MaintenanceWindow(string Name, string Start, CronExpression Begins, TimeSpan Duration);

/// <summary>Days from one to another, both included.</summary>
/// <param name="From">The first.</param>
/// <param name="To">The last.</param>
public sealed record FrozenDays(DateOnly From, DateOnly To);

/// <summary>Something that can speak against a refresh. Exactly one of its three questions is asked.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Deadline">How long the answer may take; none is a veto.</param>
public sealed record VetoSource(string Name, TimeSpan Deadline)
{
    /// <summary>A program with its arguments: it vetoes with any exit status but 0, and says why on standard output.</summary>
    public IReadOnlyList<string> Command { get; init; } = [];

    /// <summary>A unit of the outer host's systemd: it vetoes while it is active.</summary>
    public string? Unit { get; init; }

    /// <summary>A file: it vetoes while it is there.</summary>
    public string? File { get; init; }
}

/// <summary>A program that is run before or after a stage.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Moment">When.</param>
/// <param name="Command">The program with its arguments.</param>
/// <param name="Deadline">How long it may take.</param>
/// <param name="Required">Whether its failure ends the refresh, before anything is moved; else it is a warning.</param>
public sealed record StageHook(string Name, HookMoment Moment, IReadOnlyList<string> Command, TimeSpan Deadline, bool Required);

/// <summary>When a hook is run.</summary>
public enum HookMoment
{
    /// <summary>Before the image is built.</summary>
    BeforeBuild,

    /// <summary>After it was built.</summary>
    AfterBuild,

    /// <summary>Before the swap begins.</summary>
    BeforeSwap,

    /// <summary>After the swap, however it ended.</summary>
    AfterSwap,

    /// <summary>After the soak.</summary>
    AfterSoak,
}
