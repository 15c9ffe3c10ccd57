using System.Collections.Concurrent;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Procfs;

namespace HostSwap.Orchestrator.Swapping;

/// <summary>
/// Tells when a VM that is handed over has left the old side: its old QEMU has ended, a moment after its guest began to execute
/// on the new one. What follows is libvirt's tidying up and hostctl's looking; meanwhile the next one can be looked at.
/// </summary>
public sealed class Departures
{
    private readonly ConcurrentDictionary<Guid, TaskCompletionSource> _left = new();

    /// <summary>Ends once it has left; never where it stays, or is not handed over.</summary>
    public Task OfAsync(Guid uuid) => Of(uuid).Task;

    /// <summary>Runs a handover, and tells meanwhile when its old QEMU has ended.</summary>
    /// <param name="uuid">The VM.</param>
    /// <param name="pid">Its old QEMU.</param>
    /// <param name="kernel">Tells of its end.</param>
    /// <param name="handOver">The handover.</param>
    internal async Task<MigrationEnd> WatchAsync(Guid uuid, int pid, IOuterKernel kernel, Func<Task<MigrationEnd>> handOver)
    {
        using var over = new CancellationTokenSource();
        var watch = TellAsync(uuid, pid, kernel, over.Token);
        try
        {
            return await handOver();
        }
        finally
        {
            await over.CancelAsync();
            await watch;
        }
    }

    private async Task TellAsync(Guid uuid, int pid, IOuterKernel kernel, CancellationToken over)
    {
        try
        {
            if (await kernel.WaitForEndAsync(pid, TimeSpan.MaxValue, over))
                Of(uuid).TrySetResult();
        }
        catch (Exception exception) when (exception is HostSwapException or OperationCanceledException)
        {
            // It has not left, or the kernel does not tell: then its place is free a little later.
        }
    }

    private TaskCompletionSource Of(Guid uuid) =>
        _left.GetOrAdd(uuid, static _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
}
