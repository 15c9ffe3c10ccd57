using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Processes;

namespace HostSwap.Orchestrator.Notifying;

/// <summary>A way by which notices reach a target.</summary>
public interface INoticeChannel
{
    /// <summary>Delivers one.</summary>
    /// <param name="notice">It.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <returns>What the target answered, in one line: untrusted text.</returns>
    /// <exception cref="HostSwapException">It was not delivered, as far as can be told.</exception>
    Task<string> SendAsync(Notice notice, CancellationToken cancellationToken);
}

/// <summary>Makes the channel of a target.</summary>
public static class NoticeChannels
{
    /// <summary>The channel of an address. Nothing is connected to, read or run before it sends.</summary>
    public static INoticeChannel Open(NotifyAddress address, TimeProvider time) => address switch
    {
        MailNotifyAddress mail => new MailChannel(mail, new ProgramRunner(time)),
        WebhookNotifyAddress webhook => new WebhookChannel(webhook, time),
        CommandNotifyAddress command => new CommandChannel(command, new ProgramRunner(time)),
        _ => throw new ArgumentOutOfRangeException(nameof(address), address, "There is no channel for it."),
    };
}

/// <summary>A target did not take a notice.</summary>
/// <param name="message">Why: untrusted text.</param>
/// <param name="remedy">What to do about it.</param>
/// <param name="inner">What told us.</param>
public sealed class NotDeliveredException(string message, string remedy, Exception? inner = null) : HostSwapException(message, remedy, inner);
