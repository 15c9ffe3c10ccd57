using System.Text.Json;
using System.Text.Json.Serialization;

namespace HostSwap.Orchestrator.Notifying;

/// <summary>A notice as JSON, as webhooks and commands get it.</summary>
/// <param name="Schema"><see cref="SchemaName"/>; its number rises when a member changes its meaning or goes.</param>
/// <param name="Id">Its name, the same at every attempt.</param>
/// <param name="Kind"><c>success</c>, <c>failure</c>, <c>veto</c>, <c>hold-expiring</c> or <c>test</c>.</param>
/// <param name="Host">The machine.</param>
/// <param name="At">When it happened, ISO 8601.</param>
/// <param name="Subject">It in one line.</param>
/// <param name="Text">It in full, by lines.</param>
/// <param name="Operation">The number of the operation, as <c>hostctl show</c> takes it; absent where it is about none.</param>
/// <param name="ReportFile">A file of that machine that says more; absent where there is none.</param>
internal sealed record NoticeDocument(
    string Schema, string Id, string Kind, string Host, DateTimeOffset At, string Subject, IReadOnlyList<string> Text, long? Operation, string? ReportFile)
{
    /// <summary>The schema of this version.</summary>
    public const string SchemaName = "hostswap/notice/1";

    /// <summary>Maps a notice.</summary>
    public static NoticeDocument From(Notice notice) => new(
        SchemaName, notice.Id, NoticeKinds.Word(notice.Kind), notice.Host, notice.At, notice.Subject, notice.Text, notice.Operation, notice.ReportFile);

    /// <summary>The notice; null where a member that every notice has is missing or is none.</summary>
    public Notice? ToNotice() => this is { Id: not null, Host: not null, Subject: not null, Text: not null } && NoticeKinds.Parse(Kind) is { } kind
        ? new Notice(Id, kind, Host, At, Subject, Text, Operation, ReportFile)
        : null;

    /// <summary>A notice as the bytes that are sent.</summary>
    public static byte[] Serialize(Notice notice) => JsonSerializer.SerializeToUtf8Bytes(From(notice), NotifyingJson.Default.NoticeDocument);
}

/// <summary>JSON of notices.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(NoticeDocument))]
[JsonSerializable(typeof(OutboxDocument))]
internal sealed partial class NotifyingJson : JsonSerializerContext;
