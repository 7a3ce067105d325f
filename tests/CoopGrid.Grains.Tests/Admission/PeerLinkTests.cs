using System.Collections.Immutable;
using CoopGrid.Grains.Admission.Peers;
using CoopGrid.Grains.Tests.Ledger;
using CoopGrid.Grains.Tests.Silo;
using CoopGrid.Interfaces;
using CoopGrid.Model;
using Xunit;

namespace CoopGrid.Grains.Tests.Admission;

/// <summary>What a silo asks another one: a message at a time, and the next one carries all that was asked meanwhile.</summary>
public sealed class PeerLinkTests
{
    private readonly HeldDesk _desk = new();
    private readonly PeerLink _link;

    public PeerLinkTests() => _link = new(_desk, mostUnderWay: 1);

    [Fact]
    public async Task What_is_asked_while_a_message_is_under_way_shares_the_next_one()
    {
        Task<ImmutableArray<AdmissionAnswer>>[] asked = [.. Enumerable.Range(0, 5).Select(i => _link.Ask(Member(i), [Ask.For($"k{i}", i + 1)]))];
        Assert.Equal([1], _desk.Sizes);
        _desk.AnswerNext();
        await Eventually.True(() => _desk.Sizes.Count == 2, "a second message");
        Assert.Equal([1, 4], _desk.Sizes);
        _desk.AnswerNext();

        // Everybody gets its own answer.
        for (int i = 0; i < asked.Length; i++) Assert.Equal(i + 1, Assert.Single(await asked[i].WaitAsync(Eventually.Deadline, TestContext.Current.CancellationToken)).Units);
        Assert.Equal([1, 4], _desk.Sizes);
    }

    [Fact]
    public async Task A_message_that_fails_fails_for_those_in_it_and_the_next_one_goes()
    {
        Task<ImmutableArray<AdmissionAnswer>> lost = _link.Ask(Member(0), [Ask.For("a")]);
        Task<ImmutableArray<AdmissionAnswer>> told = _link.Ask(Member(1), [Ask.For("b")]);
        _desk.FailNext();
        await Assert.ThrowsAsync<IOException>(() => lost);
        await Eventually.True(() => _desk.Sizes.Count == 2, "a second message");
        _desk.AnswerNext();
        Assert.Single(await told.WaitAsync(Eventually.Deadline, TestContext.Current.CancellationToken));

        // And the link is idle again, not taken for busy.
        _ = _link.Ask(Member(2), [Ask.For("c")]);
        Assert.Equal([1, 1, 1], _desk.Sizes);
    }

    [Fact]
    public async Task A_message_is_bounded_and_keeps_the_order()
    {
        Task<ImmutableArray<AdmissionAnswer>>[] asked = [.. Enumerable.Range(0, 1500).Select(i => _link.Ask(Member(i % 7), [Ask.For($"k{i}")]))];
        for (int message = 0; message < 3; message++)
        {
            await Eventually.True(() => _desk.Sizes.Count == message + 1, $"message {message}");
            _desk.AnswerNext();
        }

        await Task.WhenAll(asked).WaitAsync(Eventually.Deadline, TestContext.Current.CancellationToken);
        Assert.Equal([1, 1024, 475], _desk.Sizes);
        Assert.Equal(Enumerable.Range(0, 1500).Select(i => $"k{i}"), _desk.Keys);
    }

    /// <summary>Seen to fail with the message that ends taking what has gathered, whatever else is under way.</summary>
    [Fact]
    public async Task Under_load_there_is_one_message_at_a_time_and_without_it_there_are_two()
    {
        var link = new PeerLink(_desk);
        Task<ImmutableArray<AdmissionAnswer>>[] Asked(int count) => [.. Enumerable.Range(0, count).Select(i => link.Ask(Member(i), [Ask.For($"k{i}")]))];
        var asked = new List<Task>();
        asked.AddRange(Asked(2 + PeerLink.Loaded));
        Assert.Equal([1, 1], _desk.Sizes);
        _desk.AnswerNext();
        await Eventually.True(() => _desk.Sizes.Count == 3, "a message that shows load");
        asked.AddRange(Asked(PeerLink.Loaded));

        // The second of the first two ends: the loaded one carries on alone.
        Task second = asked[1];
        _desk.AnswerNext();
        await second.WaitAsync(Eventually.Deadline, TestContext.Current.CancellationToken);
        Assert.Equal([1, 1, PeerLink.Loaded], _desk.Sizes);
        _desk.AnswerNext();
        await Eventually.True(() => _desk.Sizes.Count == 4, "the next message");
        Assert.Equal(PeerLink.Loaded, _desk.Sizes[^1]);
        _desk.AnswerNext();
        await Task.WhenAll(asked).WaitAsync(Eventually.Deadline, TestContext.Current.CancellationToken);

        // Nothing was asked meanwhile: the load has gone.
        asked.AddRange(Asked(3));
        Assert.Equal([1, 1], _desk.Sizes[4..]);
    }

    private static MemberId Member(int number) => new(GridSilo.Coop, $"m{number}");

    /// <summary>A desk that answers when it is told to, with the units asked for.</summary>
    private sealed class HeldDesk : IPeerDesk
    {
        private readonly Queue<(ImmutableArray<MemberRequests> Asked, TaskCompletionSource<ImmutableArray<ImmutableArray<AdmissionAnswer>>> Answer)> _held = [];

        public List<int> Sizes { get; } = [];

        public List<string> Keys { get; } = [];

        public ValueTask<ImmutableArray<ImmutableArray<AdmissionAnswer>>> Admit(ImmutableArray<MemberRequests> asked)
        {
            Keys.AddRange(asked.SelectMany(group => group.Requests).Select(request => request.Key));
            _held.Enqueue((asked, new()));
            TaskCompletionSource<ImmutableArray<ImmutableArray<AdmissionAnswer>>> answer = _held.Last().Answer;
            Sizes.Add(asked.Length);
            return new(answer.Task);
        }

        public void AnswerNext()
        {
            (ImmutableArray<MemberRequests> asked, TaskCompletionSource<ImmutableArray<ImmutableArray<AdmissionAnswer>>> answer) = _held.Dequeue();
            answer.SetResult([.. asked.Select(group => group.Requests.Select(request => new AdmissionAnswer { Outcome = Outcome.Admitted, Units = request.Units }).ToImmutableArray())]);
        }

        public void FailNext() => _held.Dequeue().Answer.SetException(new IOException("The silo is gone."));
    }
}
