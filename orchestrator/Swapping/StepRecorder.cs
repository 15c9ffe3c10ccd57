using HostSwap.Orchestrator.Errors;

namespace HostSwap.Orchestrator.Swapping;

/// <summary>Announces the beginning and end of each step.</summary>
public sealed class StepRecorder(ISwapObserver observer, TimeProvider time)
{
    /// <summary>Runs a step that returns something.</summary>
    public async Task<T> RunAsync<T>(SwapStep step, Func<Task<(T Value, string Observed)>> action)
    {
        observer.OnEvent(new StepStarted(time.GetUtcNow(), step));
        var began = time.GetTimestamp();
        try
        {
            var (value, observed) = await action();
            observer.OnEvent(new StepFinished(time.GetUtcNow(), step, Succeeded: true, time.GetElapsedTime(began), observed));
            return value;
        }
        catch (Exception exception)
        {
            var observed = exception is OperationCanceledException ? "interrupted" : exception.Message;
            observer.OnEvent(new StepFinished(time.GetUtcNow(), step, Succeeded: false, time.GetElapsedTime(began), observed));
            throw;
        }
    }

    /// <summary>Runs a step.</summary>
    public Task RunAsync(SwapStep step, Func<Task<string>> action) =>
        RunAsync(step, async () => (true, await action()));
}

/// <summary>A step saw that what it is there for is not so; the swap stops there.</summary>
/// <param name="problems">Everything that was seen to be wrong.</param>
/// <param name="byPolicy">Whether that is no more than what VMs' policies want.</param>
public sealed class StepFailedException(IReadOnlyList<string> problems, bool byPolicy = false) : HostSwapException(
    string.Join("; ", problems), "Put it right, then 'hostctl resume' continues from what it finds.")
{
    /// <summary>Everything that was seen to be wrong.</summary>
    public IReadOnlyList<string> Problems { get; } = problems;

    /// <summary>Whether nothing failed: VMs stay where they are, as their policies want.</summary>
    public bool ByPolicy => byPolicy;
}
