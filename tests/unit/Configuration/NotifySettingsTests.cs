using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Notifying;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Configuration;

/// <summary>Tables <c>[notify."NAME"]</c>.</summary>
public sealed class NotifySettingsTests : ConfigurationFixture
{
    [Fact]
    public void Every_target_has_its_address_and_what_it_wants()
    {
        var targets = Load("""
            [notify.admin]
            mail = "Ada <ada@example.org>"

            [notify."chat.room"]
            webhook = "http://127.0.0.1:8080/x"
            secret_file = "/etc/hostswap/webhook.secret"
            deadline = "5s"
            on = ["veto"]

            [notify.pager]
            command = ["/usr/local/bin/page", "", "a b"]
            on = ["failure", "hold-expiring"]
            """).Notify.OrderBy(target => target.Name, StringComparer.Ordinal).ToList();

        targets.Select(target => target.Name).ShouldBe(["admin", "chat.room", "pager"]);
        targets[0].Address.ShouldBe(new MailNotifyAddress("Ada <ada@example.org>", From: null, "/usr/sbin/sendmail"));
        targets[0].On.ShouldBe([NoticeKind.Success, NoticeKind.Failure, NoticeKind.Veto, NoticeKind.HoldExpiring]);
        targets[0].Deadline.ShouldBe(TimeSpan.FromSeconds(30));
        targets[1].Address.ShouldBe(new WebhookNotifyAddress(new Uri("http://127.0.0.1:8080/x"), "/etc/hostswap/webhook.secret"));
        targets[1].Deadline.ShouldBe(TimeSpan.FromSeconds(5));
        targets[2].Address.ShouldBeOfType<CommandNotifyAddress>().Arguments.ShouldBe(["/usr/local/bin/page", "", "a b"]);
        targets[2].Wants(NoticeKind.Failure).ShouldBeTrue();
        targets[2].Wants(NoticeKind.Success).ShouldBeFalse();
        targets[2].Wants(NoticeKind.Test).ShouldBeTrue();
    }

    [Theory]
    [InlineData("[notify.a]", "1:2: notify.a: has none of mail, webhook, command; exactly one")]
    [InlineData("[notify.a]\nmail = \"a@b\"\ncommand = [\"/x\"]", "1:2: notify.a: has mail and command of mail, webhook, command; exactly one")]
    [InlineData("[notify.a]\nmail = \"not an address\"", "2:1: notify.a.mail: \"not an address\" is no mail address")]
    [InlineData("[notify.a]\nmail = \"a@b\\nBcc: c@d\"", "is no mail address")]
    [InlineData("[notify.a]\nmail = \"a@b, c@d\"", "is no mail address")]
    [InlineData("[notify.a]\nmail = \"a@b\"\nfrom = \"\"", "notify.a.from: \"\" is no mail address")]
    [InlineData("[notify.a]\nmail = \"a@b\"\nsendmail = \"sendmail\"", "is not an absolute path")]
    [InlineData("[notify.a]\nmail = \"a@b\"\nsecret_file = \"/x\"", "notify.a.secret_file: is for a target with webhook, which this one has not")]
    [InlineData("[notify.a]\nwebhook = \"ftp://x/\"", "is no address such as")]
    [InlineData("[notify.a]\nwebhook = \"/x\"", "is no address such as")]
    [InlineData("[notify.a]\nwebhook = \"http://example.org/\"", "notify.a.webhook: sends what happens on this machine to example.org for all to read; use https://")]
    [InlineData("[notify.a]\nwebhook = \"https://u:p@example.org/\"", "has a user or a fragment in its address")]
    [InlineData("[notify.a]\nwebhook = \"https://example.org/\"\nsecret_file = \"x\"", "is not an absolute path")]
    [InlineData("[notify.a]\ncommand = []", "notify.a.command: is empty; write the program")]
    [InlineData("[notify.a]\ncommand = [\"page\"]", "notify.a.command: \"page\" is not an absolute path of a program; no shell looks for it")]
    [InlineData("[notify.a]\ncommand = [\"/x\", \"\\u0000\"]", "has an argument with a zero byte")]
    [InlineData("[notify.a]\ncommand = \"/x\"", "notify.a.command: is a text; a list of texts is needed")]
    [InlineData("[notify.a]\nmail = \"a@b\"\non = []", "notify.a.on: is empty, so that nothing would ever be told")]
    [InlineData("[notify.a]\nmail = \"a@b\"\non = [\"sucess\"]", "\"sucess\" is nothing that is told; allowed are \"success\", \"failure\", \"veto\", \"hold-expiring\"")]
    [InlineData("[notify.a]\nmail = \"a@b\"\non = [\"test\"]", "\"test\" is nothing that is told")]
    [InlineData("[notify.a]\nmail = \"a@b\"\non = [\"veto\", \"veto\"]", "\"veto\" is named twice")]
    [InlineData("[notify.a]\nmail = \"a@b\"\ndeadline = \"1h\"", "out of range; 1s to 10m")]
    [InlineData("[notify.\"a/b\"]\nmail = \"a@b\"", "is no name of a target")]
    [InlineData("[notify.a]\nmial = \"a@b\"", "notify.a.mial: is not a key of a target of notices; allowed are mail, from")]
    public void What_is_wrong_is_told_with_its_place(string text, string problem) =>
        string.Join('\n', Problems(text)).ShouldContain(problem);
}
