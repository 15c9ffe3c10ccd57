using System.Globalization;
using HostSwap.Orchestrator.Configuration;

namespace HostSwap.Orchestrator.Notifying;

/// <summary>
/// Hands notices to a program of the operator's: the document on standard input, and, for those that need no more, the
/// essentials in the environment. Status 0 is delivered; any other is tried again.
/// </summary>
internal sealed class CommandChannel(CommandNotifyAddress address) : INoticeChannel
{
    /// <summary>What the names of all variables begin with.</summary>
    public const string Prefix = "HOSTSWAP_NOTICE_";

    /// <inheritdoc/>
    public async Task<string> SendAsync(Notice notice, CancellationToken cancellationToken)
    {
        var said = await ChildProgram.RunAsync(address.Arguments, NoticeDocument.Serialize(notice), Variables(notice), cancellationToken);
        return said.Length > 0 ? $"{address.Arguments[0]}: {said}" : $"{address.Arguments[0]} ended with 0";
    }

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
