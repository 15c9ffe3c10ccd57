using System.Globalization;
using System.Text;
using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Processes;

namespace HostSwap.Orchestrator.Notifying;

/// <summary>
/// Hands notices to a program of the operator's: the document on standard input, and, for those that need no more, the
/// essentials in the environment. Status 0 is delivered; any other is tried again.
/// </summary>
internal sealed class CommandChannel(CommandNotifyAddress address, IProgramRunner programs) : INoticeChannel
{
    /// <summary>What the names of all variables begin with.</summary>
    public const string Prefix = "HOSTSWAP_NOTICE_";

    /// <inheritdoc/>
    public Task<string> SendAsync(Notice notice, CancellationToken cancellationToken) =>
        programs.HandAsync(address.Arguments, Encoding.UTF8.GetString(NoticeDocument.Serialize(notice)), Variables(notice), cancellationToken);

    /// <summary>Each is there for every notice, empty where it has nothing of it.</summary>
    private static Dictionary<string, string> Variables(Notice notice) => new(StringComparer.Ordinal)
    {
        [Prefix + "ID"] = notice.Id,
        [Prefix + "KIND"] = NoticeKinds.Word(notice.Kind),
        [Prefix + "HOST"] = notice.Host,
        [Prefix + "AT"] = notice.At.ToString("O", CultureInfo.InvariantCulture),
        [Prefix + "SUBJECT"] = notice.Subject,
        [Prefix + "OPERATION"] = notice.Operation?.ToString(CultureInfo.InvariantCulture) ?? "",
        [Prefix + "REPORT_FILE"] = notice.ReportFile ?? "",
    };
}
