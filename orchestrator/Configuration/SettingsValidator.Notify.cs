using HostSwap.Orchestrator.Notifying;
using MimeKit;

namespace HostSwap.Orchestrator.Configuration;

/// <content>Targets of notices.</content>
internal sealed partial class SettingsValidator
{
    private static readonly string[] Addresses = [NotifyKeys.Mail, NotifyKeys.Webhook, NotifyKeys.Command];

    private List<NotifyTarget> Notify()
    {
        var targets = new List<NotifyTarget>();
        foreach (var table in raw.NamesIn(NotifyKeys.Table))
        {
            if (GroupFault(NamedTable.NameOf(table)) is not null)
                Report(raw.PlaceOf(NotifyKeys.Table, table), $"is no name of a target; 1 to {LongestGroup} letters, digits, '-', '_' and '.' are allowed");
            var on = NoticeKinds(NotifyKeys.Table.Of(table, NotifyKeys.On));
            var deadline = Duration(NotifyKeys.Table.Of(table, NotifyKeys.Deadline), SettingsDefaults.NotifyDeadline, OneSecond, TimeSpan.FromMinutes(10));
            if (Address(table) is { } address)
                targets.Add(new NotifyTarget(NamedTable.NameOf(table), address, on, deadline));
        }

        return targets;
    }

    private NotifyAddress? Address(string table)
    {
        var given = Array.FindAll(Addresses, key => raw.Find<object>(Key(key)) is not null);
        if (given is not [var kind])
        {
            Report(raw.PlaceOf(NotifyKeys.Table, table), $"has {(given is [] ? "none" : string.Join(" and ", given))} of {string.Join(", ", Addresses)}; exactly one says how the target is reached");
            return null;
        }

        Needless(NotifyKeys.From, NotifyKeys.Mail);
        Needless(NotifyKeys.Sendmail, NotifyKeys.Mail);
        Needless(NotifyKeys.Secret, NotifyKeys.Webhook);
        return kind switch
        {
            NotifyKeys.Mail => Mail(),
            NotifyKeys.Webhook => Webhook(),
            _ => Command(Key(NotifyKeys.Command)) is [_, ..] arguments ? new CommandNotifyAddress(arguments) : null,
        };

        string Key(string key) => NotifyKeys.Table.Of(table, key);

        void Needless(string key, string to)
        {
            if (!string.Equals(kind, to, StringComparison.Ordinal) && raw.Find<string>(Key(key)) is { } needless)
                Report(needless, $"is for a target with {to}, which this one has not; leave it out");
        }

        MailNotifyAddress? Mail()
        {
            var sendmail = Text(Key(NotifyKeys.Sendmail), HostPath.Fault) ?? SettingsDefaults.Sendmail;
            var from = Text(Key(NotifyKeys.From), MailFault);
            return Text(Key(NotifyKeys.Mail), MailFault) is { } to ? new MailNotifyAddress(to, from, sendmail) : null;
        }

        WebhookNotifyAddress? Webhook()
        {
            var secret = Text(Key(NotifyKeys.Secret), HostPath.Fault);
            return Text(Key(NotifyKeys.Webhook), WebhookFault) is { } url ? new WebhookNotifyAddress(new Uri(url), secret) : null;
        }
    }

    private List<NoticeKind> NoticeKinds(string key)
    {
        if (raw.Find<List<Located<string>>>(key) is not { } located)
            return [.. Notifying.NoticeKinds.Choosable];
        var kinds = new List<NoticeKind>();
        if (located.Value is [])
            Report(located, $"is empty, so that nothing would ever be told; {Notifying.NoticeKinds.Allowed}");
        foreach (var word in located.Value)
        {
            if (Notifying.NoticeKinds.Find(word.Value) is not { } kind)
                Report(word, $"\"{word.Value}\" is nothing that is told; {Notifying.NoticeKinds.Allowed}");
            else if (kinds.Contains(kind))
                Report(word, $"\"{word.Value}\" is named twice");
            else
                kinds.Add(kind);
        }

        return kinds;
    }

    /// <summary>The grammar is that of RFC 5322, 3.4; a name without a domain is this machine's user.</summary>
    private static string? MailFault(string text) =>
        !text.Any(char.IsControl) && MailboxAddress.TryParse(text, out var mailbox) && mailbox.Route.Count == 0
            ? null
            : $"\"{text}\" is no mail address such as \"root@localhost\"";

    private static string? WebhookFault(string text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.Scheme is not ("https" or "http") || uri.Host.Length == 0)
            return $"\"{text}\" is no address such as \"https://example.org/hostswap\"";
        // What the address has besides may be a secret, so it is not shown.
        if (uri.UserInfo.Length > 0 || uri.Fragment.Length > 0)
            return "has a user or a fragment in its address, which would not be sent; sign with secret_file instead";
        return uri.Scheme is "https" || uri.IsLoopback
            ? null
            : $"sends what happens on this machine to {uri.Host} for all to read; use https:// (http:// is allowed to this machine alone)";
    }
}
