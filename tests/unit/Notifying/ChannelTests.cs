using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Notifying;
using HostSwap.UnitTests.Support;
using MimeKit;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Notifying;

/// <summary>
/// Notices on their way out, to a real HTTP server and to real programs: what takes mail is any program with sendmail's command
/// line, so one of the test's own is as good as a mail system.
/// </summary>
public sealed class ChannelTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 12, 1, 3, 0, 0, TimeSpan.FromHours(1));

    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("hostswap-unit-");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static Notice Failure { get; } = Notice.Make(
        NoticeKind.Failure, Now, "swap 12 failed: \"wëb\"\r\nBcc: eve@example.org", ["first", ".", "zweite Zeile: größer", "two\nlines\u202e\u001b[31m", new string('x', 1500)], 12, "/var/lib/hostswap/reports/12.html");

    public void Dispose() => _root.Delete(recursive: true);

    [Fact]
    public async Task Mail_is_a_message_of_RFC_5322_that_no_text_can_add_a_header_to()
    {
        var sendmail = Program("sendmail", """printf '%s\n' "$@" >"$0.arguments"; cat >"$0.message" """);

        var answer = await SendAsync(new MailNotifyAddress("Ada Löwe <ada@example.org>", "hostswap@example.org", sendmail), Failure);

        answer.ShouldBe($"{sendmail} has taken it");
        (await File.ReadAllTextAsync($"{sendmail}.arguments", Token)).ShouldBe("-i\n-t\n");
        var bytes = await File.ReadAllBytesAsync($"{sendmail}.message", Token);
        bytes.ShouldAllBe(static octet => octet < 128 && octet != '\r');
        Encoding.ASCII.GetString(bytes).Split('\n').ShouldAllBe(static line => line.Length <= 78);
        using var message = await MimeMessage.LoadAsync(new MemoryStream(bytes), Token);
        message.Headers.Select(static header => header.Field).Order(StringComparer.Ordinal).ShouldBe(
            ["Auto-Submitted", "Date", "From", "MIME-Version", "Message-Id", "Subject", "To", "X-HostSwap-Kind"]);
        message.Subject.ShouldBe($"[{Environment.MachineName}] swap 12 failed: \"wëb\"\uFFFD\uFFFDBcc: eve@example.org");
        message.To.Mailboxes.Single().ShouldSatisfyAllConditions(static to => to.Address.ShouldBe("ada@example.org"), static to => to.Name.ShouldBe("Ada Löwe"));
        message.Date.ShouldBe(Now);
        message.MessageId.ShouldStartWith($"{Failure.Id}@");
        message.Headers[HeaderId.AutoSubmitted].ShouldBe("auto-generated");
        message.Body.ShouldNotBeNull().ContentType.MimeType.ShouldBe("text/plain");
        message.Body.ContentType.Charset.ShouldBe("utf-8");
        var lines = message.TextBody.ShouldNotBeNull().ReplaceLineEndings("\n").Split('\n');
        lines.ShouldContain(".");
        lines.ShouldContain("zweite Zeile: größer");
        lines.ShouldContain("lines\uFFFD\uFFFD[31m");
        lines.ShouldContain(new string('x', 1500));
        lines.ShouldContain($"'hostctl show 12' on {Environment.MachineName} says more.");
        lines.ShouldContain("Report: /var/lib/hostswap/reports/12.html");
    }

    [Fact]
    public async Task A_command_gets_the_document_and_the_essentials_in_its_environment()
    {
        var command = Program("page", """env >"$0.environment"; cat >"$0.document"; echo "paged $1" """);

        var answer = await SendAsync(new CommandNotifyAddress([command, "a b;$(touch x)"]), Failure);

        answer.ShouldBe($"{command}: paged a b;$(touch x)");
        using var document = JsonDocument.Parse(await File.ReadAllBytesAsync($"{command}.document", Token));
        document.RootElement.EnumerateObject().Select(static member => member.Name).ShouldBe(["schema", "id", "kind", "host", "at", "subject", "text", "operation", "reportFile"]);
        document.RootElement.GetProperty("schema").GetString().ShouldBe("hostswap/notice/1");
        document.RootElement.GetProperty("kind").GetString().ShouldBe("failure");
        document.RootElement.GetProperty("at").GetDateTimeOffset().ShouldBe(Now);
        document.RootElement.GetProperty("text").GetArrayLength().ShouldBe(6);
        var environment = await File.ReadAllLinesAsync($"{command}.environment", Token);
        environment.Where(static line => line.StartsWith("HOSTSWAP_NOTICE_", StringComparison.Ordinal)).Order(StringComparer.Ordinal).ShouldBe(
        [
            "HOSTSWAP_NOTICE_AT=2026-12-01T03:00:00.0000000+01:00",
            $"HOSTSWAP_NOTICE_HOST={Environment.MachineName}",
            $"HOSTSWAP_NOTICE_ID={Failure.Id}",
            "HOSTSWAP_NOTICE_KIND=failure",
            "HOSTSWAP_NOTICE_OPERATION=12",
            "HOSTSWAP_NOTICE_REPORT_FILE=/var/lib/hostswap/reports/12.html",
            $"HOSTSWAP_NOTICE_SUBJECT={Failure.Subject}",
        ]);
    }

    [Fact]
    public async Task A_program_that_fails_is_told_with_what_it_said()
    {
        var program = Program("page", "{ printf 'no such \\033[31muser'; head -c 100000 /dev/zero | tr '\\0' 'x'; } >&2; exit 67");

        var failed = await Should.ThrowAsync<NotDeliveredException>(() => SendAsync(new CommandNotifyAddress([program]), Failure));

        failed.Message.ShouldStartWith($"{program} ended with 67: no such \uFFFD[31muserxxx");
        failed.Message.Length.ShouldBeLessThan(1200);
        (await Should.ThrowAsync<EnvironmentException>(() => SendAsync(new CommandNotifyAddress(["/no/such"]), Failure))).Message.ShouldContain("cannot be started");
    }

    [Fact]
    public async Task A_program_that_does_not_read_has_its_status_all_the_same()
    {
        var program = Program("page", "exec <&-; exit 0");
        var long_ = Notice.Make(NoticeKind.Test, Now, "s", Enumerable.Repeat(new string('x', 2000), 500));

        (await SendAsync(new CommandNotifyAddress([program]), long_)).ShouldBe($"{program} has taken it");
    }

    [Fact]
    public async Task A_program_that_does_not_end_is_ended()
    {
        var program = Program("page", """echo $$ >"$0.pid"; exec sleep 1000""");
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(1));

        await Should.ThrowAsync<OperationCanceledException>(() => NoticeChannels.Open(new CommandNotifyAddress([program]), TimeProvider.System).SendAsync(Failure, deadline.Token));

        var sleeper = (await File.ReadAllTextAsync($"{program}.pid", Token)).Trim();
        var state = File.Exists($"/proc/{sleeper}/stat") ? (await File.ReadAllTextAsync($"/proc/{sleeper}/stat", Token)).Split(' ')[2] : "gone";
        state.ShouldBeOneOf("gone", "Z");
    }

    [Fact]
    public async Task A_webhook_gets_the_document_signed()
    {
        var secret = Secret("s3cret\n", UnixFileMode.UserRead | UnixFileMode.UserWrite);
        using var server = LocalWebServer.OfStatus(_ => 204);

        var answer = await SendAsync(new WebhookNotifyAddress(server.Url, secret), Failure);

        answer.ShouldBe($"{server.Url.Authority} answered 204 No Content");
        var (method, _, headers, body) = server.Requests.ShouldHaveSingleItem();
        method.ShouldBe("POST");
        headers["Content-Type"].ShouldBe("application/json; charset=utf-8");
        var timestamp = headers["X-HostSwap-Timestamp"].ShouldNotBeNull();
        DateTimeOffset.FromUnixTimeSeconds(long.Parse(timestamp, System.Globalization.CultureInfo.InvariantCulture)).ShouldBe(DateTimeOffset.UtcNow, TimeSpan.FromSeconds(30));
        // As the README tells receivers.
        var expected = HMACSHA256.HashData("s3cret"u8.ToArray(), Encoding.UTF8.GetBytes($"{timestamp}.{body}"));
        headers["X-HostSwap-Signature"].ShouldBe($"v1={Convert.ToHexStringLower(expected)}");
        JsonDocument.Parse(body).RootElement.GetProperty("subject").GetString().ShouldBe(Failure.Subject);
    }

    [Theory]
    [InlineData(500, "See the receiver's own log.")]
    [InlineData(404, "See the receiver's own log.")]
    [InlineData(302, "Redirections are not followed: write the final address into the configuration.")]
    public async Task Whatever_is_not_2xx_is_not_delivered(int status, string remedy)
    {
        using var server = LocalWebServer.OfStatus(_ => status);

        var failed = await Should.ThrowAsync<NotDeliveredException>(() => SendAsync(new WebhookNotifyAddress(server.Url, SecretFile: null), Failure));

        failed.Message.ShouldStartWith($"{server.Url.Authority} answered {status}");
        failed.Remedy.ShouldBe(remedy);
        server.Requests.ShouldHaveSingleItem().Headers["X-HostSwap-Signature"].ShouldBeNull();
    }

    [Fact]
    public async Task A_receiver_that_is_away_is_retried_until_it_is_there()
    {
        using var server = LocalWebServer.OfStatus(count => count < 2 ? 503 : 200);
        var target = new NotifyTarget("hook", new WebhookNotifyAddress(server.Url, SecretFile: null), NoticeKinds.Choosable, TimeSpan.FromSeconds(20));
        var time = new Microsoft.Extensions.Time.Testing.FakeTimeProvider(Now);
        Notifier Make() => new([target], Path.Join(_root.FullName, "outbox"), time, address => NoticeChannels.Open(address, TimeProvider.System));

        Make().Enqueue(Failure);
        (await Make().DeliverDueAsync(Token)).Attempts.Single().Outcome.ShouldBe(NoticeOutcome.Failed);
        (await Make().DeliverDueAsync(Token)).Attempts.ShouldBeEmpty();
        time.Advance(TimeSpan.FromMinutes(1));
        (await Make().DeliverDueAsync(Token)).Attempts.Single().Outcome.ShouldBe(NoticeOutcome.Failed);
        time.Advance(TimeSpan.FromMinutes(5));
        (await Make().DeliverDueAsync(Token)).Attempts.Single().Outcome.ShouldBe(NoticeOutcome.Delivered);

        server.Requests.Select(static request => JsonDocument.Parse(request.Body).RootElement.GetProperty("id").GetString()).ShouldBe([Failure.Id, Failure.Id, Failure.Id]);
    }

    [Fact]
    public async Task One_that_does_not_answer_is_given_up_at_the_deadline()
    {
        using var silent = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        var url = new Uri($"http://{silent.LocalEndpoint}/");
        var target = new NotifyTarget("hook", new WebhookNotifyAddress(url, SecretFile: null), NoticeKinds.Choosable, TimeSpan.FromMilliseconds(300));
        var notifier = new Notifier([target], Path.Join(_root.FullName, "outbox"), TimeProvider.System, address => NoticeChannels.Open(address, TimeProvider.System));

        (await notifier.TestAsync("hook", Token)).Single().Answer.ShouldBe("waited 0.3 s for an answer of the target hook; last seen: nothing");
        silent.Stop();
        (await notifier.TestAsync("hook", Token)).Single().Answer.ShouldStartWith($"{url.Authority}: ");
    }

    [Theory]
    [InlineData("s3cret", UnixFileMode.UserRead | UnixFileMode.GroupRead, "can be read or written by others than its owner")]
    [InlineData("s3cret", UnixFileMode.UserRead | UnixFileMode.OtherWrite, "can be read or written by others than its owner")]
    [InlineData(" \n", UnixFileMode.UserRead, "is empty")]
    [InlineData(null, UnixFileMode.UserRead, "is not there")]
    public async Task Nothing_is_signed_with_a_secret_that_is_none(string? text, UnixFileMode mode, string wrong)
    {
        var secret = text is null ? Path.Join(_root.FullName, "none") : Secret(text, mode);
        using var server = LocalWebServer.OfStatus(_ => 200);

        var failed = await Should.ThrowAsync<EnvironmentException>(() => SendAsync(new WebhookNotifyAddress(server.Url, secret), Failure));

        failed.Message.ShouldBe($"the secret {secret} {wrong}");
        server.Requests.ShouldBeEmpty();
    }

    private static Task<string> SendAsync(NotifyAddress address, Notice notice) => NoticeChannels.Open(address, TimeProvider.System).SendAsync(notice, Token);

    private string Program(string name, string script)
    {
        var path = Path.Join(_root.FullName, name);
        File.WriteAllText(path, $"#!/bin/sh\n{script}\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        return path;
    }

    private string Secret(string text, UnixFileMode mode)
    {
        var path = Path.Join(_root.FullName, "secret");
        File.WriteAllText(path, text);
        File.SetUnixFileMode(path, mode);
        return path;
    }
}
