using HostSwap.Orchestrator.Notifying;

namespace HostSwap.Orchestrator.Configuration;

/// <summary>One that is told of what happens.</summary>
/// <param name="Name">Its name in the configuration.</param>
/// <param name="Address">How it is reached.</param>
/// <param name="On">The kinds of notices that it gets; a test goes to every target.</param>
/// <param name="Deadline">How long one delivery may take.</param>
public sealed record NotifyTarget(string Name, NotifyAddress Address, IReadOnlyList<NoticeKind> On, TimeSpan Deadline)
{
    /// <summary>Whether it gets notices of a kind.</summary>
    public bool Wants(NoticeKind kind) => kind == NoticeKind.Test || On.Contains(kind);
}

/// <summary>How a target of notices is reached.</summary>
public abstract record NotifyAddress;

/// <summary>By mail, which is handed to the machine's own mail system.</summary>
/// <param name="To">The recipient, an address of RFC 5322.</param>
/// <param name="From">The sender; null for root at this machine.</param>
/// <param name="Sendmail">The program that takes a message as sendmail(8) does.</param>
public sealed record MailNotifyAddress(string To, string? From, string Sendmail) : NotifyAddress;

/// <summary>By HTTP.</summary>
/// <param name="Url">Where the document is sent; https, or http to this machine alone.</param>
/// <param name="SecretFile">The file with the secret that documents are signed with; null where they are not.</param>
public sealed record WebhookNotifyAddress(Uri Url, string? SecretFile) : NotifyAddress;

/// <summary>By a program of the operator's.</summary>
/// <param name="Arguments">The program and its arguments.</param>
public sealed record CommandNotifyAddress(IReadOnlyList<string> Arguments) : NotifyAddress;
