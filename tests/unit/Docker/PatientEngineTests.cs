using System.Diagnostics;
using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Docker;
using HostSwap.Orchestrator.Errors;
using Microsoft.Extensions.Time.Testing;
using Shouldly;
using Xunit;
using static HostSwap.UnitTests.Docker.FakeDocker;

namespace HostSwap.UnitTests.Docker;

public sealed class PatientEngineTests : IAsyncLifetime
{
    private const string Ours = """{"Id":"1","Name":"/web","Image":"sha256:1","Config":{"Labels":{"hostswap.instance":"a"}}}""";
    private const string Foreign = """{"Id":"2","Name":"/web","Image":"sha256:1","Config":{"Labels":{"hostswap.instance":"b"}}}""";

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("hostswap-unit-");
    private readonly FakeDocker _docker;
    private readonly DockerEngine _engine;
    private readonly PatientEngine _patient;

    // One behaviour for each request, in order; the last one stays.
    private readonly Queue<Func<string, Answer>> _answers = new();

    public PatientEngineTests()
    {
        _docker = new FakeDocker(
            Path.Join(_directory.FullName, "docker.sock"),
            request => (_answers.Count > 1 ? _answers.Dequeue() : _answers.Peek())(request));
        _engine = new DockerEngine(new DockerSettings(_docker.Endpoint, "net", null, null, TimeSpan.FromSeconds(5)), TimeProvider.System);
        _patient = new PatientEngine(_engine, TimeProvider.System);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        _engine.Dispose();
        await _docker.DisposeAsync();
        _directory.Delete(recursive: true);
    }

    [Fact]
    public async Task A_call_outlasts_the_time_in_which_nobody_listens()
    {
        await AnswerOnceAsync();
        _docker.Stop();
        Answers(new Answer(204));
        var starting = _patient.StartContainerAsync("web", Token);
        await Task.Delay(TimeSpan.FromMilliseconds(700), Token);
        starting.IsCompleted.ShouldBeFalse();
        _docker.Start();

        await starting.WaitAsync(TimeSpan.FromSeconds(10), Token);
        _docker.Requests.ShouldBe(["POST /containers/web/start"]);
    }

    [Fact]
    public async Task A_call_whose_connection_is_cut_is_repeated()
    {
        await AnswerOnceAsync();
        Answers(new Answer(0), new Answer(304));

        await _patient.StopContainerAsync("web", TimeSpan.FromSeconds(1), Token);
        _docker.Requests.Count.ShouldBe(2);
    }

    [Fact]
    public async Task What_docker_refuses_is_not_repeated()
    {
        await AnswerOnceAsync();
        Answers(new Answer(500, """{"message":"no"}"""));

        (await Should.ThrowAsync<AdapterException>(() => _patient.StartContainerAsync("web", Token))).Message.ShouldContain("no");
        _docker.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_creation_whose_answer_was_lost_is_found_and_not_made_again()
    {
        await AnswerOnceAsync();
        Answers(new Answer(0), new Answer(200, Ours));

        await _patient.CreateContainerAsync(Spec(), Token);
        _docker.Requests.ShouldBe(["POST /containers/create?name=web", "GET /containers/web/json"]);
    }

    [Fact]
    public async Task A_creation_that_did_not_come_about_is_made_again()
    {
        await AnswerOnceAsync();
        Answers(new Answer(0), new Answer(404, """{"message":"none"}"""), new Answer(201, """{"Id":"1"}"""));

        await _patient.CreateContainerAsync(Spec(), Token);
        _docker.Requests.Count.ShouldBe(3);
    }

    [Fact]
    public async Task A_creation_that_comes_about_late_is_taken_for_done()
    {
        await AnswerOnceAsync();
        Answers(new Answer(0), new Answer(404, """{"message":"none"}"""), new Answer(409, """{"message":"in use"}"""), new Answer(200, Ours));

        await _patient.CreateContainerAsync(Spec(), Token);
        _docker.Requests.Count.ShouldBe(4);
    }

    [Fact]
    public async Task Another_ones_container_of_that_name_is_not_taken_for_ours()
    {
        await AnswerOnceAsync();
        Answers(new Answer(0), new Answer(200, Foreign), new Answer(409, """{"message":"in use"}"""), new Answer(200, Foreign));
        (await Should.ThrowAsync<AdapterException>(() => _patient.CreateContainerAsync(Spec(), Token))).Message.ShouldContain("in use");

        // Nor is it looked for where no try can have been lost.
        Answers(new Answer(409, """{"message":"in use"}"""), new Answer(200, Ours));
        await Should.ThrowAsync<AdapterException>(() => _patient.CreateContainerAsync(Spec(), Token));
    }

    [Fact]
    public async Task An_engine_that_never_answered_is_told_at_once()
    {
        var watch = Stopwatch.StartNew();
        var down = await Should.ThrowAsync<EnvironmentException>(() => _patient.FindContainerAsync("web", Token));

        down.Message.ShouldContain("cannot be reached");
        watch.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task The_engine_of_those_who_only_look_does_not_wait()
    {
        await AnswerOnceAsync();
        _docker.Stop();
        var watch = Stopwatch.StartNew();

        await Should.ThrowAsync<EnvironmentException>(() => _engine.FindContainerAsync("web", Token));
        watch.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task One_that_does_not_come_back_is_given_up_with_what_was_seen_last()
    {
        var time = new FakeTimeProvider();
        var patient = new PatientEngine(_engine, time);
        await AnswerOnceAsync(patient);
        _docker.Stop();
        var waiting = patient.FindContainerAsync("web", Token);
        for (var i = 0; i < 400 && !waiting.IsCompleted; i++)
        {
            time.Advance(PatientEngine.Pause);
            await Task.Delay(5, Token);
        }

        var late = await Should.ThrowAsync<DeadlineException>(() => waiting.WaitAsync(TimeSpan.FromSeconds(10), Token));
        late.Message.ShouldStartWith("waited 30 s for Docker to be back (inspect container web); last seen: Docker at unix://");
    }

    [Fact]
    public async Task Waiting_can_be_cancelled()
    {
        await AnswerOnceAsync();
        _docker.Stop();
        using var source = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));

        await Should.ThrowAsync<OperationCanceledException>(() => _patient.FindContainerAsync("web", source.Token));
    }

    private async Task AnswerOnceAsync(PatientEngine? patient = null)
    {
        Answers(new Answer(404, """{"message":"none"}"""));
        _docker.Start();
        (await (patient ?? _patient).FindContainerAsync("web", Token)).ShouldBeNull();
        _docker.Requests.Clear();
    }

    private void Answers(params Answer[] answers)
    {
        _answers.Clear();
        foreach (var answer in answers)
            _answers.Enqueue(_ => answer);
    }

    private static HostContainerSpec Spec() => new(
        "web", "web", "sha256:1", "net", [], [], [], Empty, Empty, new Dictionary<string, string>(StringComparer.Ordinal) { ["hostswap.instance"] = "a" });

    private static readonly Dictionary<string, string> Empty = new(StringComparer.Ordinal);
}
