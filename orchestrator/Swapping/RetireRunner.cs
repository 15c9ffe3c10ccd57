using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Journal;
using HostSwap.Orchestrator.Swapping.Steps;

namespace HostSwap.Orchestrator.Swapping;

/// <summary>Retires what is due: generations whose soak is over are stopped, those kept long enough are removed.</summary>
public sealed class RetireRunner(OuterHostParts parts)
{
    /// <summary>Does it; refuses a generation that holds a domain or a QEMU process, whoever put it there.</summary>
    /// <param name="now">Whether soaks end at once.</param>
    /// <returns>What was done; null where nothing was due.</returns>
    /// <exception cref="GenerationHoldsException">One that is due holds something; it runs on.</exception>
    public async Task<string?> RunAsync(bool now)
    {
        Unfinished.ThrowIfAny(parts.Journal);
        var look = new RetireStep(parts, new EffectLog(parts.Journal, operation: 0));
        if ((await look.DueAsync(now)).Count + (await look.ExpiredAsync()).Count == 0)
            return null;

        var operation = parts.Journal.Begin(OperationKind.Retire, now ? "soaks end now" : "what is due", "{}");
        var (result, summary) = (OperationResult.FailedOnOldSide, "");
        try
        {
            summary = await new RetireStep(parts, new EffectLog(parts.Journal, operation.Id)).RetireDueAsync(now);
            result = OperationResult.Done;
            return summary;
        }
        catch (Errors.HostSwapException exception) when (exception is not JournalException)
        {
            summary = exception.Message;
            throw;
        }
        finally
        {
            parts.Journal.Finish(operation.Id, result, summary, "{}", OperationEnding.Untouched);
        }
    }
}
