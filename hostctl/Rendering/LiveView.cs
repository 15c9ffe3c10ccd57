using System.Collections.Immutable;
using HostSwap.Hostctl.Watching;
using HostSwap.Orchestrator.Swapping;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace HostSwap.Hostctl.Rendering;

/// <summary>Draws the moment of a swap that a <see cref="SwapView"/> describes.</summary>
internal static class LiveView
{
    private const int BarWidth = 10;

    /// <summary>Below this width the bar and the less telling columns are left out.</summary>
    private const int WideFrom = 120;

    /// <summary>Lines that are not rows of VMs.</summary>
    private const int OtherLines = 10;


    /// <summary>Draws it.</summary>
    /// <param name="view">What to draw.</param>
    /// <param name="now">The moment, for elapsed times.</param>
    /// <param name="width">Columns of the screen.</param>
    /// <param name="height">Rows of the screen; VMs that find no room are counted instead.</param>
    /// <param name="note">The newest word of hostctl's own; may be empty.</param>
    public static IRenderable Draw(SwapView view, DateTimeOffset now, int width, int height, string note)
    {
        var parts = new List<IRenderable> { Text(Header(view, now), Tone.Strong), Text(Step(view, now), Tone.Plain) };
        var shown = Choose(view.Vms, Math.Max(3, height - OtherLines));
        if (shown.Count > 0) parts.Add(Table(shown, now, width));
        if (shown.Count < view.Vms.Count) parts.Add(Text(Hidden(view.Vms, shown), Tone.Faint));
        if (note.Length > 0) parts.Add(Text(note, Tone.Doubtful));
        return new Rows(parts);
    }

    private static IRenderable Text(string text, Tone tone) => Layout.Cell(text, tone);

    private static string Header(SwapView view, DateTimeOffset now)
    {
        var number = view.Operation is { } operation ? $"Swap {operation}" : "Swap";
        var from = view.From is { } old ? $"gen-{old}" : "?";
        var to = view.To is { } candidate ? $"gen-{candidate}" : "candidate";
        var elapsed = view.StartedAt is { } started ? Format.Duration(now - started) : "";
        return $"{number}: {from} → {to} ({SafeText.Name(view.Image ?? "")}), "
            + $"{view.Arrived} of {Format.Count(view.Vms.Count, "VM")} arrived, {elapsed}";
    }

    private static string Step(SwapView view, DateTimeOffset now) => view.CurrentStep is { } step
        ? $"Step {Words.Of(step.Step)}, {Format.Duration(now - step.StartedAt)}"
        : " ";

    /// <summary>What is moving and what went wrong comes first when not all can be shown; the plan's order is kept.</summary>
    private static List<VmView> Choose(ImmutableList<VmView> vms, int room)
    {
        if (vms.Count <= room) return [.. vms];
        var chosen = vms.OrderBy(Rank).Take(room).Select(vm => vm.Uuid).ToHashSet();
        return [.. vms.Where(vm => chosen.Contains(vm.Uuid))];
    }

    private static int Rank(VmView vm) => vm switch
    {
        { IsInFlight: true } => 0,
        { IsFailed: true } => 1,
        { State: MoveState.Pending } => 2,
        _ => 3,
    };

    private static string Hidden(ImmutableList<VmView> vms, List<VmView> shown)
    {
        var counts = vms.Except(shown)
            .GroupBy(vm => vm.State)
            .OrderBy(group => group.Key)
            .Select(group => $"{group.Count()} {Words.Of(group.Key)}");
        return $"… and {string.Join(", ", counts)}";
    }

    private static Table Table(List<VmView> vms, DateTimeOffset now, int width)
    {
        var wide = width >= WideFrom;
        var table = wide
            ? Layout.Table("VM", "Method", "State", "Progress", ">Sent", ">Rate", ">Remaining", ">Dirty", ">Downtime", ">Elapsed")
            : Layout.Table("VM", "Method", "State", ">%", ">Sent", ">Rate", ">Dirty", ">Elapsed");
        foreach (var column in table.Columns) column.NoWrap = true;
        foreach (var vm in vms) table.AddRow(wide ? WideRow(vm, now) : NarrowRow(vm, now, width));
        return table;
    }

    private static IEnumerable<IRenderable> WideRow(VmView vm, DateTimeOffset now) =>
    [
        Text(Shorten(vm.Name, 24), Tone.Plain),
        Text(Words.Of(vm.Method), Tone.Plain),
        Text(State(vm), ToneOf(vm.State)),
        Text(Progress(vm), Tone.Plain),
        Text(Bytes(vm, vm.ProcessedBytes), Tone.Plain),
        Text(Rate(vm, vm.BytesPerSecond), Tone.Plain),
        Text(Bytes(vm, vm.RemainingBytes), Tone.Plain),
        Text(Rate(vm, vm.DirtyBytesPerSecond), Tone.Plain),
        Text(vm.Downtime is { } downtime ? Format.Duration(downtime) : "", Tone.Plain),
        Text(vm.ElapsedAt(now) is { } elapsed ? Format.Duration(elapsed) : "", Tone.Plain),
    ];

    private static IEnumerable<IRenderable> NarrowRow(VmView vm, DateTimeOffset now, int width) =>
    [
        Text(Shorten(vm.Name, Math.Max(8, width - 74)), Tone.Plain),
        Text(Words.Of(vm.Method), Tone.Plain),
        Text(State(vm), ToneOf(vm.State)),
        Text(vm.Share is { } share ? Format.Percent(share) : "", Tone.Plain),
        Text(Bytes(vm, vm.ProcessedBytes), Tone.Plain),
        Text(Rate(vm, vm.BytesPerSecond), Tone.Plain),
        Text(Rate(vm, vm.DirtyBytesPerSecond), Tone.Plain),
        Text(vm.ElapsedAt(now) is { } elapsed ? Format.Duration(elapsed) : "", Tone.Plain),
    ];

    private static string State(VmView vm) =>
        vm is { State: MoveState.Moving, Rung: not Rung.None } ? $"{Words.Of(vm.State)}, {Words.Of(vm.Rung)}" : Words.Of(vm.State);

    private static string Progress(VmView vm)
    {
        if (vm.Share is not { } share) return "";
        var full = (int)Math.Floor(share * BarWidth);
        return $"{new string('█', full)}{new string('░', BarWidth - full)} {Format.Percent(share),5}";
    }

    private static string Bytes(VmView vm, long bytes) => vm.TotalBytes > 0 || bytes > 0 ? Format.Bytes(bytes) : "";

    private static string Rate(VmView vm, long rate) => vm.State == MoveState.Moving && vm.TotalBytes > 0 ? Format.Rate(rate) : "";

    private static string Shorten(string name, int limit)
    {
        var safe = SafeText.Name(name);
        return safe.Length <= limit ? safe : safe[..(limit - 1)] + "…";
    }

    /// <summary>The tone that a state of a move has everywhere.</summary>
    public static Tone ToneOf(MoveState state) => state switch
    {
        MoveState.Arrived or MoveState.Verified => Tone.Good,
        MoveState.Returned or MoveState.Left => Tone.Doubtful,
        MoveState.Lost => Tone.Bad,
        MoveState.Pending => Tone.Faint,
        _ => Tone.Plain,
    };
}
