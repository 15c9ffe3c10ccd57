using HostSwap.Orchestrator.Journal;
using HostSwap.Orchestrator.Swapping;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace HostSwap.Hostctl.Rendering;

/// <summary>The end of a swap for people: what became of each VM, how it ended, and what to type next.</summary>
internal static class SwapReport
{
    /// <summary>Writes what became of each VM.</summary>
    public static void WriteMoves(IAnsiConsole console, SwapResult result)
    {
        if (result.Moves.Count == 0) return;
        var climbed = result.Moves.Any(move => move.Rung != Rung.None);
        var table = climbed
            ? Layout.Table("VM", "Method", "State", "Is in", ">Sent", ">Downtime", ">Took", "Reason", "Climbed to")
            : Layout.Table("VM", "Method", "State", "Is in", ">Sent", ">Downtime", ">Took", "Reason");
        foreach (var move in result.Moves)
        {
            List<IRenderable> cells =
            [
                Layout.Name(move.Name),
                Layout.Cell(Words.Of(move.Method)),
                Layout.Cell(Words.Of(move.State), LiveView.ToneOf(move.State)),
                Layout.Cell(Where(move.State, result)),
                Layout.Cell(move.BytesTransferred is { } bytes ? Format.Bytes(bytes) : ""),
                Layout.Cell(move.Downtime is { } downtime ? Format.Duration(downtime) : ""),
                Layout.Cell(move.Elapsed is { } elapsed ? Format.Duration(elapsed) : ""),
                Layout.Cell(move.Reason),
            ];
            if (climbed) cells.Add(Layout.Cell(move.Rung == Rung.None ? "" : Words.Of(move.Rung)));
            table.AddRow(cells);
        }

        console.Show(table);
    }

    /// <summary>Writes how it ended and what to do next.</summary>
    public static void WriteEnd(IAnsiConsole console, SwapResult result)
    {
        if (result.Result == OperationResult.Refused && result.Plan is { } plan) PlanText.WriteBlockers(console, plan.Blockers);
        foreach (var problem in result.Problems) console.Line($"  - {problem}", Tone.Bad);
        console.Line($"{result.Summary} ({Format.Duration(result.Elapsed)})", HistoryText.ToneOf(result.Result));
        foreach (var line in NextSteps(result)) console.Line(line);
    }

    /// <summary>What is where, and what to type next; empty where nothing is left to do.</summary>
    public static IReadOnlyList<string> NextSteps(SwapResult result)
    {
        var show = result.Operation is { } operation ? $"'hostctl show {operation}'" : "'hostctl history'";
        return result.Result switch
        {
            OperationResult.Refused =>
                ["Nothing was moved. Do what the fixes say, and look at 'hostctl plan' again."],
            OperationResult.FailedOnOldSide =>
            [
                $"Every VM is in gen-{result.Active}, as before. {show} says what happened.",
                "When the cause is removed, type the same command again.",
            ],
            OperationResult.FailedOnBothSides =>
            [
                $"VMs are in both generations ({Sides(result)}); each runs on in its own. 'hostctl vm list' says where.",
                $"{show} says what happened. 'hostctl resume' moves the rest, 'hostctl resume --rollback' returns everything.",
            ],
            OperationResult.Interrupted =>
            [
                $"It was interrupted ({Sides(result)}). 'hostctl vm list' says where each VM is.",
                "'hostctl status' says whether it is unfinished; 'hostctl resume' goes on, 'hostctl resume --rollback' returns everything.",
            ],
            OperationResult.NeedsPerson =>
            [
                $"A person is needed ({Sides(result)}). Do not start or destroy any VM named above before both sides are compared:",
                $"'hostctl vm list' and {show} say what was seen, and 'hostctl doctor' what is wrong.",
            ],
            _ => [],
        };
    }

    private static string Sides(SwapResult result)
    {
        var arrived = result.Moves.Count(move => IsArrived(move.State));
        var lost = result.Moves.Count(move => move.State == MoveState.Lost);
        var stayed = result.Moves.Count - arrived - lost;
        return $"{arrived} arrived, {stayed} not moved, {lost} lost";
    }

    private static string Where(MoveState state, SwapResult result) => state switch
    {
        MoveState.Arrived or MoveState.Verified => result.Plan?.Candidate is { } candidate ? $"gen-{candidate}" : "the new side",
        MoveState.Returned or MoveState.Pending => OldSide(result),
        MoveState.Left when result.Result != OperationResult.NeedsPerson => OldSide(result),
        MoveState.Lost or MoveState.Removed => "nowhere",

        // Left may mean that its owner is unclear; only the reason knows.
        _ => "see reason",
    };

    private static string OldSide(SwapResult result) => result.Plan is { } plan ? $"gen-{plan.From}" : "the old side";

    private static bool IsArrived(MoveState state) => state is MoveState.Arrived or MoveState.Verified;
}
