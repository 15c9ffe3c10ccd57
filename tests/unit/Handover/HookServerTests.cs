using System.Net.Sockets;
using System.Text;
using HostSwap.Orchestrator.Handover;
using HostSwap.UnitTests.Fakes;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Handover;

/// <summary>What libvirt's hook is answered, over a real socket.</summary>
public sealed class HookServerTests : IAsyncLifetime
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("hostswap-hook-");
    private readonly List<string> _notices = [];
    private readonly Ticket _ticket = new();
    private HookServer _server = null!;

    private string SocketPath => Path.Join(_directory.FullName, "hook.sock");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync()
    {
        // In place of one that has died.
        File.WriteAllText(SocketPath, "");
        _server = HookServer.Listen(SocketPath, _notices.Add);
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        File.Exists(SocketPath).ShouldBeFalse();
        _directory.Delete(recursive: true);
    }

    [Fact]
    public async Task A_vm_without_a_ticket_may_always_start()
    {
        _server.Expect(_ticket);
        (await AskAsync("start", Guid.NewGuid(), "7")).ShouldBe("ok");
        _ticket.Asked.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_ticket_is_asked_at_both_moments_with_the_domains_number()
    {
        _server.Expect(_ticket);
        (await AskAsync("start", _ticket.Uuid, "7")).ShouldBe("ok");
        (await AskAsync("started", _ticket.Uuid, "7")).ShouldBe("ok");
        _ticket.Asked.ShouldBe(["start 7", "started 7"]);
    }

    [Fact]
    public async Task Once_it_is_forgotten_it_is_not_asked()
    {
        _server.Expect(_ticket);
        _server.Forget(_ticket.Uuid);
        (await AskAsync("start", _ticket.Uuid, "7")).ShouldBe("ok");
        _ticket.Asked.ShouldBeEmpty();
    }

    /// <summary>The hook takes only this for hostctl's no: a broken pipe's words are none.</summary>
    [Theory]
    [InlineData("start", "7", "refused: not now")]
    [InlineData("started", "7", "refused: not now")]
    [InlineData("stopped", "7", "refused: 'stopped' is no moment that is asked about")]
    [InlineData("start", "none", "refused: the domain has no id yet")]
    public async Task A_refusal_says_so_and_why(string moment, string id, string answer)
    {
        _ticket.Answer = "not now";
        _server.Expect(_ticket);
        (await AskAsync(moment, _ticket.Uuid, id)).ShouldBe(answer);
    }

    [Fact]
    public async Task What_is_no_question_gets_no_yes()
    {
        (await SendAsync("start")).ShouldBe("refused: the question has no domain");
        (await SendAsync("start\n<domain")).ShouldBe("");
        _notices.ShouldHaveSingleItem().ShouldContain("was not answered");
    }

    private Task<string> AskAsync(string moment, Guid uuid, string id) =>
        SendAsync($"{moment}\n{DomainXmls.Plain(uuid, "web").Replace("<domain ", $"<domain id='{id}' ", StringComparison.Ordinal)}");

    private async Task<string> SendAsync(string question)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(SocketPath), Token);
        await socket.SendAsync(Encoding.UTF8.GetBytes(question), Token);
        await using var stream = new NetworkStream(socket);
        socket.Shutdown(SocketShutdown.Send);
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync(Token);
    }

    private sealed class Ticket : IHandoverTicket
    {
        public Guid Uuid { get; } = Guid.NewGuid();

        public string? Answer { get; set; }

        public List<string> Asked { get; } = [];

        public string? OnStart(int domainId)
        {
            Asked.Add($"start {domainId}");
            return Answer;
        }

        public Task<string?> OnStartedAsync(int domainId, CancellationToken cancellationToken)
        {
            Asked.Add($"started {domainId}");
            return Task.FromResult(Answer);
        }
    }
}
