using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Faults;

namespace HostSwap.Orchestrator.Journal;

/// <summary>
/// Carries out side effects for one operation so that each is journalled before it happens and its observed outcome
/// after it.
/// </summary>
public sealed class EffectLog(IJournal journal, long operation)
{
    /// <summary>The operation's number.</summary>
    public long Operation => operation;

    /// <summary>Journals the intent, carries the effect out, and journals what was observed.</summary>
    /// <param name="step">The step that it belongs to.</param>
    /// <param name="subject">What it is done to, as in <c>gen-2</c> or a domain's UUID.</param>
    /// <param name="effect">Carries it out and returns what was then seen of the world.</param>
    /// <param name="detailJson">What is to be known of it by whoever continues after a death in it.</param>
    public async Task<string> DoAsync(string step, string subject, Func<Task<string>> effect, string detailJson = "{}")
    {
        var entry = journal.Intend(operation, step, subject, detailJson);
        string observed;
        try
        {
            FaultPoints.Hit($"{FaultPoints.EffectBegin}:{step}");
            observed = await effect();
            FaultPoints.Hit($"{FaultPoints.EffectEnd}:{step}");
        }
        catch (Exception exception)
        {
            journal.Outcome(entry, EntryResult.Failed, Describe(exception));
            throw;
        }

        journal.Outcome(entry, EntryResult.Done, observed);
        return observed;
    }

    /// <summary>An expected failure says enough; of a defect the place is wanted as well.</summary>
    private static string Describe(Exception exception) => exception switch
    {
        HostSwapException => exception.Message,
        OperationCanceledException => "interrupted",
        _ => exception.ToString(),
    };
}
