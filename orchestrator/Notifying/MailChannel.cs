using System.Globalization;
using System.Text;
using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Processes;
using MimeKit;

namespace HostSwap.Orchestrator.Notifying;

/// <summary>
/// Hands notices to the machine's mail system by sendmail's command line, which every mail system for POSIX has: it queues the
/// message, and is answerable for it from then on.
/// </summary>
internal sealed class MailChannel(MailNotifyAddress address, IProgramRunner programs) : INoticeChannel
{
    private static readonly FormatOptions Format = MakeFormat();

    /// <inheritdoc/>
    public async Task<string> SendAsync(Notice notice, CancellationToken cancellationToken)
    {
        using var message = Compose(notice, address);
        using var bytes = new MemoryStream();
        await message.WriteToAsync(Format, bytes, cancellationToken);
        // -i: a line of a single dot does not end the message. -t: the recipients are those of its header.
        return await programs.HandAsync([address.Sendmail, "-i", "-t"], Encoding.ASCII.GetString(bytes.ToArray()), [], cancellationToken);
    }

    /// <summary>The message. Its parts are set one by one, and MimeKit encodes each (RFC 2047, 2231), so that no text becomes a header.</summary>
    internal static MimeMessage Compose(Notice notice, MailNotifyAddress address)
    {
        var host = HostOf(notice);
        var message = new MimeMessage
        {
            Subject = $"[{notice.Host}] {notice.Subject}",
            Date = notice.At,
            MessageId = $"{notice.Id}@{host}",
            Body = new TextPart("plain") { Text = string.Join('\n', Lines(notice)) + "\n" },
        };
        message.From.Add(address.From is { } from ? MailboxAddress.Parse(from) : new MailboxAddress("HostSwap", $"root@{host}"));
        message.To.Add(MailboxAddress.Parse(address.To));
        // RFC 3834: nobody answers it, and no vacation notice comes back.
        message.Headers.Add(HeaderId.AutoSubmitted, "auto-generated");
        message.Headers.Add("X-HostSwap-Kind", NoticeKinds.Word(notice.Kind));
        message.Prepare(EncodingConstraint.SevenBit);
        return message;
    }

    private static IEnumerable<string> Lines(Notice notice)
    {
        yield return notice.Subject;
        yield return "";
        foreach (var line in notice.Text)
            yield return line;
        if (notice.Operation is null && notice.ReportFile is null)
            yield break;
        yield return "";
        if (notice.Operation is { } operation)
            yield return string.Create(CultureInfo.InvariantCulture, $"'hostctl show {operation}' on {notice.Host} says more.");
        if (notice.ReportFile is { } file)
            yield return $"Report: {file}";
    }

    /// <summary>The machine's name where it can stand in an address.</summary>
    private static string HostOf(Notice notice) =>
        notice.Host.Length > 0 && notice.Host.All(static letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '.') ? notice.Host : "localhost";

    private static FormatOptions MakeFormat()
    {
        // sendmail takes the lines of this system, and makes those of SMTP of them.
        var format = FormatOptions.Default.Clone();
        format.NewLineFormat = NewLineFormat.Unix;
        format.MaxLineLength = 78;
        return format;
    }
}
