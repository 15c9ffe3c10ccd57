using HostSwap.Hostctl.Commands;
using HostSwap.Orchestrator;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Notifying;
using HostSwap.Orchestrator.Refreshing;

namespace HostSwap.Hostctl.Refreshing;

/// <summary>Has those told who want to know what came of a refresh.</summary>
internal static class RefreshTelling
{
    /// <summary>Tells them. What cannot be told changes nothing of what came of it, and is tried again by a timer.</summary>
    public static async Task TellAsync(Invocation invocation, IOuterHost host, RefreshRecord record)
    {
        try
        {
            if (RefreshNotices.Of(record, before: null) is null)
                return;
            var before = host.GetRefreshes(2).FirstOrDefault(earlier => earlier.Id < record.Id);
            if (RefreshNotices.Of(record, before) is not { } notice)
                return;
            host.Notify(notice);
            // Not the invocation's token: an interrupted one is to be told, too. Each target has its own deadline.
            NotifyDeliverCommand.Log(invocation, (await host.DeliverNoticesAsync(CancellationToken.None)).Attempts);
        }
        catch (HostSwapException exception)
        {
            invocation.Warn($"what came of the refresh could not be told: {exception.Message}");
        }
    }
}
