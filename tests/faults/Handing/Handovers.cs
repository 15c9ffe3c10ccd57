using HostSwap.Faults.Cases;
using HostSwap.Faults.Worlds;
using HostSwap.Lab;
using HostSwap.Lab.Guests;
using HostSwap.Lab.Hosts;
using HostSwap.Lab.Processes;
using GenerationPaths = HostSwap.Orchestrator.Generations.GenerationPaths;

namespace HostSwap.Faults.Handing;

/// <summary>What the cases about handovers have in common.</summary>
internal static class Handovers
{
    /// <summary>The fault point right before the first VM's migration: its intent is recorded, and nothing has begun.</summary>
    public const string Begins = "effect-begin:migrate";

    /// <summary>The fault point right after it.</summary>
    public const string Ended = "effect-end:migrate";

    /// <summary>Both fences, each with a world whose one running guest has it.</summary>
    public static IReadOnlyList<(string Fence, WorldDesign Design)> Fences { get; } =
        [("image lock", WorldDesign.Locked), ("end of the old QEMU", WorldDesign.Unlocked)];

    /// <summary>The guest that is handed over.</summary>
    public static Guest GuestOf(FaultRun run) => Moments.GuestNamed(run, WorldDesign.HandedGuest);

    /// <summary>A generation's files on the outer host.</summary>
    public static GenerationPaths PathsOf(FaultRun run, Generation generation) => new(run.Lab.Paths, generation.Number);

    /// <summary>Starts a swap, and holds it when the guest's migration is about to begin.</summary>
    public static async Task<(RunningProcess Swap, Generation Target)> HoldAsync(FaultRun run)
    {
        var swap = run.StartSwap($"{Begins}=stop");
        await Moments.HeldAsync(run, swap, Begins);
        return (swap, await Moments.CandidateAsync(run));
    }

    /// <summary>How the guest moved in the newest swap, as hostctl has recorded it.</summary>
    public static async Task<MoveView> MoveAsync(FaultRun run) =>
        (await run.Lab.Hostctl.LastSwapAsync(run.Token)).Moves.SingleOrDefault(static move => move.Name is WorldDesign.HandedGuest)
        ?? throw new LabException($"no move of {WorldDesign.HandedGuest} is recorded");

    /// <summary>Requires that it came by a copy, and that the record says why.</summary>
    public static async Task RequireCopyAsync(FaultRun run, string why)
    {
        var move = await MoveAsync(run);
        run.Require(move is { Method: "copy", State: "verified" }, $"it was moved by {move.Method}, and is {move.State}: {move.Reason}");
        run.Require(move.Reason.Contains("its RAM was copied", StringComparison.Ordinal) && move.Reason.Contains(why, StringComparison.Ordinal), $"the reason does not say '{why}': {move.Reason}");
    }

    /// <summary>Requires that its RAM was not copied.</summary>
    public static async Task RequireHandoverAsync(FaultRun run)
    {
        var move = await MoveAsync(run);
        run.Require(move is { Method: "handover", State: "verified" }, $"it was moved by {move.Method}, and is {move.State}: {move.Reason}");
    }
}
