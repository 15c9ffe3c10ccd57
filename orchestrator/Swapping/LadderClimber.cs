using System.Text.Json;
using System.Text.Json.Serialization;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Libvirt;
using HostSwap.Orchestrator.Planning;

namespace HostSwap.Orchestrator.Swapping;

/// <summary>Carries out what the ladder decides: journalled before, announced, and told to libvirt.</summary>
internal sealed class LadderClimber(SwapSession session, PlannedMove move, ConvergenceLadder ladder)
{
    private const string Step = "climb";

    /// <summary>How high it has climbed.</summary>
    public Rung Highest => ladder.Highest;

    /// <summary>Whether QEMU has been told to go on by post-copy: from then on nothing may abort it.</summary>
    public bool InPostCopy { get; private set; }

    /// <summary>Why it is to be aborted, where the ladder has come to its end; null until then.</summary>
    public string? WhyStay { get; private set; }

    /// <summary>Climbs, if it is time. What libvirt refuses is told and not tried again: the next rung follows in its turn.</summary>
    public async Task ConsiderAsync(TimeSpan elapsed, DomainJob job)
    {
        if (WhyStay is not null || ladder.Next(elapsed, job) is not { } climb)
            return;

        session.Observer.OnEvent(new MoveClimbed(session.Time.GetUtcNow(), move.Uuid, move.Name, climb.Rung, climb.InWords));
        try
        {
            await session.Log.DoAsync(Step, move.Uuid.ToString(), () => ClimbAsync(climb), Detail(climb));
        }
        catch (HostSwapException exception) when (exception is AdapterException or DeadlineException)
        {
            session.Notice($"{move.Name}: it could not climb to {climb.Rung}: {exception.Message}");
            ladder.Refused();
            // A refusal is clear; of a call without an answer nobody knows, and it is not aborted.
            InPostCopy &= exception is DeadlineException;
        }
    }

    private async Task<string> ClimbAsync(Climb climb)
    {
        var domains = session.Source.Libvirt.Domains;
        switch (climb.Rung)
        {
            case Rung.Bandwidth:
                await domains.SetMaxSpeedAsync(move.Uuid, climb.MiBPerSecond, CancellationToken.None);
                break;
            case Rung.Downtime when climb.Downtime is { } downtime:
                await domains.SetMaxDowntimeAsync(move.Uuid, downtime, CancellationToken.None);
                break;
            case Rung.PostCopy:
                // Before the call: its answer may be lost, and an abort that comes after it could do harm.
                InPostCopy = true;
                await domains.StartPostCopyAsync(move.Uuid, CancellationToken.None);
                break;
            case Rung.Pause:
                await domains.SuspendAsync(move.Uuid, CancellationToken.None);
                break;
            case Rung.Stay:
                WhyStay = climb.Why;
                break;
        }

        return climb.InWords;
    }

    private static string Detail(Climb climb) =>
        JsonSerializer.Serialize(new ClimbDetail(climb.Rung.ToString(), climb.Why), ClimbJson.Default.ClimbDetail);
}

/// <summary>What the journal keeps with the intent of a climb.</summary>
/// <param name="Rung">To where.</param>
/// <param name="Why">Why.</param>
internal sealed record ClimbDetail(string Rung, string Why);

/// <summary>JSON of <see cref="ClimbDetail"/>.</summary>
[JsonSerializable(typeof(ClimbDetail))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
internal sealed partial class ClimbJson : JsonSerializerContext;
