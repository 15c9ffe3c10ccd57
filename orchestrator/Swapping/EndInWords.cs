using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Journal;

namespace HostSwap.Orchestrator.Swapping;

/// <summary>One sentence on how an operation that did not come through ended: where the VMs are, and what continues it.</summary>
internal static class EndInWords
{
    public static string Of(
        OperationResult result, Generation origin, Generation? candidate, (bool Switched, bool OnOneSide, bool Returned) seen, int arrived)
    {
        var place = seen.Returned ? $"every VM was returned to {origin.Name}" : $"every VM is in {origin.Name}, as before";
        var apart = $"{arrived} VM(s) have moved, the others are where they were; 'hostctl resume' continues, 'hostctl resume --rollback' returns everything";
        return result switch
        {
            OperationResult.Refused when seen.OnOneSide => "refused by the plan; nothing was moved",
            OperationResult.Refused => $"refused by the plan; {candidate?.Name} still holds VMs, and nothing was moved",
            OperationResult.Declined when seen.OnOneSide => "declined; nothing was moved",
            OperationResult.Declined => $"declined; {candidate?.Name} still holds VMs, and nothing was moved",
            OperationResult.Interrupted when seen.OnOneSide => $"interrupted; {place}",
            OperationResult.Interrupted => $"interrupted; {apart}",
            OperationResult.FailedOnOldSide => $"failed; {place}",
            OperationResult.FailedOnBothSides when seen.Switched =>
                "every VM has moved, but the new generation is not fully active or the old one not retired; 'hostctl resume' tries again",
            OperationResult.FailedOnBothSides => $"failed; {apart}",
            _ => "stopped: a VM was lost, or who owns one is unclear; see 'hostctl show'",
        };
    }
}
