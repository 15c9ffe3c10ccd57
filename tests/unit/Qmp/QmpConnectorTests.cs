using System.Net.Sockets;
using System.Text.Json.Nodes;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Qmp;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Qmp;

/// <summary>The protocol's own rules, against a socket that says what the tests want.</summary>
public sealed class QmpConnectorTests : IDisposable
{
    private const string Greeting = """{"QMP": {"version": {}, "capabilities": ["oob"]}}""";

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("hostswap-qmp-");

    private string Path => System.IO.Path.Join(_directory.FullName, "vm.sock");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public async Task Commands_are_answered_past_events_and_answers_to_others()
    {
        var told = new List<string>();
        var qemu = ServeAsync(Greeting, request =>
        {
            told.Add(request["execute"]!.GetValue<string>());
            var id = request["id"]!.ToJsonString();
            return request["execute"]!.GetValue<string>() switch
            {
                "query-migrate-capabilities" => $$"""
                    {"event": "RESUME", "timestamp": 0}
                    {"return": [], "id": "of another"}
                    {"id": {{id}}, "return": [{"capability": "xbzrle", "state": true}, {"capability": "x-ignore-shared", "state": true}]}
                    """,
                "query-status" => $$"""{"id": {{id}}, "return": {"status": "postmigrate", "running": false} }""",
                "query-migrate" => $$"""{"id": {{id}}, "return": {} }""",
                "migrate-set-capabilities" => $$"""{"id": {{id}}, "error": {"class": "GenericError", "desc": "There's a migration process in progress"} }""",
                _ => $$"""{"id": {{id}}, "return": {} }""",
            };
        });

        await using (var monitor = await new QmpConnector(TimeProvider.System).ConnectAsync(Path, "qemu web", CancellationToken.None))
        {
            (await monitor.IgnoresSharedRamAsync(CancellationToken.None)).ShouldBeTrue();
            (await monitor.GetRunStateAsync(CancellationToken.None)).ShouldBe("postmigrate");
            (await monitor.GetMigrationStatusAsync(CancellationToken.None)).ShouldBeNull();
            (await Should.ThrowAsync<AdapterException>(monitor.IgnoreSharedRamAsync(ignore: true, CancellationToken.None)))
                .Message.ShouldBe("qemu web: migrate-set-capabilities: There's a migration process in progress");
        }

        await qemu;
        told[0].ShouldBe("qmp_capabilities");
    }

    [Fact]
    public async Task That_the_guest_is_about_to_execute_is_heard_past_other_events()
    {
        var qemu = ServeAsync(Greeting, request => $$"""
            {"id": {{request["id"]!.ToJsonString()}}, "return": {} }
            {"event": "STOP", "timestamp": 0}
            {"event": "RESUME", "timestamp": 0}
            """);

        await using (var monitor = await new QmpConnector(TimeProvider.System).ConnectAsync(Path, "qemu web", CancellationToken.None))
            await monitor.WaitForExecutionAsync(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        await qemu;
    }

    /// <summary>Half of an event has come when the wait ends.</summary>
    [Fact]
    public async Task A_wait_that_ends_costs_no_later_answer()
    {
        var first = true;
        var qemu = ServeAsync(
            Greeting,
            request =>
            {
                var id = request["id"]!.ToJsonString();
                var rest = first ? "" : "\", \"timestamp\": 0}\n";
                var begun = first ? "\n{\"event\": \"STO" : "\n";
                first = false;
                return $$"""{{rest}}{"id": {{id}}, "return": {"status": "paused"} }{{begun}}""";
            },
            end: "");
        using var soon = new CancellationTokenSource(TimeSpan.FromMilliseconds(300));

        await using (var monitor = await new QmpConnector(TimeProvider.System).ConnectAsync(Path, "qemu web", CancellationToken.None))
        {
            await Should.ThrowAsync<OperationCanceledException>(monitor.WaitForExecutionAsync(soon.Token));
            (await monitor.GetRunStateAsync(CancellationToken.None)).ShouldBe("paused");
        }

        await qemu;
    }

    [Fact]
    public async Task One_that_ends_before_its_guest_executes_is_told_from_one_that_does()
    {
        var qemu = ServeAsync(Greeting, request => $$"""{"id": {{request["id"]!.ToJsonString()}}, "return": {} }""", leaves: true);

        await using (var monitor = await new QmpConnector(TimeProvider.System).ConnectAsync(Path, "qemu web", CancellationToken.None))
            (await Should.ThrowAsync<AdapterException>(monitor.WaitForExecutionAsync(CancellationToken.None))).Message.ShouldContain("closed the connection");
        await qemu;
    }

    [Theory]
    [InlineData("""{"hello": 1}""", "not QMP")]
    [InlineData("hello", "not JSON")]
    [InlineData("", "closed the connection")]
    public async Task What_is_no_monitor_is_told_from_one(string greeting, string problem)
    {
        var other = ServeAsync(greeting, _ => "");
        (await Should.ThrowAsync<AdapterException>(new QmpConnector(TimeProvider.System).ConnectAsync(Path, "qemu web", CancellationToken.None)))
            .Message.ShouldContain(problem);
        await other;
    }

    [Fact]
    public async Task Nobody_there_is_an_adapters_failure() =>
        (await Should.ThrowAsync<AdapterException>(new QmpConnector(TimeProvider.System).ConnectAsync(Path, "qemu web", CancellationToken.None)))
            .Message.ShouldContain(Path);

    /// <summary>Serves one client until it goes.</summary>
    /// <param name="greeting">Its first line; nothing where it goes at once.</param>
    /// <param name="answer">What it says to each command, as it is but for an end of line.</param>
    /// <param name="end">The end of what it says to each.</param>
    /// <param name="leaves">Whether it goes after the first command.</param>
    private Task ServeAsync(string greeting, Func<JsonNode, string> answer, string end = "\n", bool leaves = false)
    {
        var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(Path));
        listener.Listen();
        return Task.Run(async () =>
        {
            using (listener)
            {
                await using var stream = new NetworkStream(await listener.AcceptAsync(), ownsSocket: true);
                using var reader = new StreamReader(stream);
                await using var writer = new StreamWriter(stream) { AutoFlush = true };
                if (greeting.Length == 0)
                    return;
                await writer.WriteLineAsync(greeting);
                while (await reader.ReadLineAsync() is { } line)
                {
                    await writer.WriteAsync(answer(JsonNode.Parse(line)!) + end);
                    if (leaves) return;
                }
            }
        });
    }
}
