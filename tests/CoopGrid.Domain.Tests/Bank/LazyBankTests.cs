using CoopGrid.Domain.Bank;
using CoopGrid.Domain.Usage;
using Xunit;

namespace CoopGrid.Domain.Tests.Bank;

/// <summary>
/// Seeded lives of a member, settled by three: slice after slice, only when it is touched (with what its window still holds), and by the oracle.
/// Policies, baselines and windows change; epochs start within idle spans; slices become final late.
/// Seen to fail: with the remainder dropped at a touch and at a change of n, with a cap that takes away what is above it, with a step left out because
/// it would pass the cap, with decay left out while the old epoch's last slice is the last final one, with a second decay before the new epoch's first slice, and with used
/// slices counted as idle ones too.
/// </summary>
public sealed class LazyBankTests
{
    [Fact]
    public void A_member_touched_rarely_has_what_one_touched_every_slice_has()
    {
        long touches = 0, saved = 0, decayed = 0;
        for (int seed = 0; seed < 3000; seed++)
        {
            var life = new Life(seed);
            life.Play(150);
            touches += life.Touches;
            saved += life.Eager.Saved;
            decayed += life.Eager.Decayed;
        }

        // The lives are worth comparing.
        Assert.True(touches > 10_000 && saved > 100_000 && decayed > 10_000, $"{touches} touches, {saved} saved, {decayed} decayed");
    }

    private sealed class Life
    {
        private readonly Random _random;
        private readonly int _seed;
        private readonly int _lateness;
        private readonly int _touchPermille;
        private readonly long _enrolled;
        private readonly List<OracleSlice> _slices = [];
        private readonly Dictionary<long, long> _used = [];
        private readonly BankHistory _history;
        private readonly BankOracle _oracle = new();
        private readonly MemberWindow _window;
        private BankAccount _lazy;
        private long _final = -1;

        public Life(int seed)
        {
            _seed = seed;
            _random = new(seed);
            _lateness = _random.Next(4);
            _touchPermille = _random.Next(2) == 0 ? 30 : 300;
            _enrolled = _random.Next(30);
            _window = new(_lateness + 1 + _random.Next(3));
            _slices.Add(new(true, true, 50, 4, 500, 60, 200));
            _history = new(Terms(0));
            Eager = _lazy = BankAccount.Opened(_enrolled);
        }

        public BankAccount Eager { get; private set; }

        public int Touches { get; private set; }

        public void Play(int slices)
        {
            for (long running = 0; running < slices; running++)
            {
                _slices.Add(Next(_slices[^1]));
                if (_slices[^1] with { OffPeak = false } != _slices[^2] with { OffPeak = false, StartsEpoch = false }) _history.Add(Terms(running + 1));
                while (_final < running - 1 - _lateness) Finish(++_final);
                if (running >= _enrolled && _random.Next(1000) < _touchPermille) Touch(running);
            }
        }

        private OracleSlice Next(OracleSlice last)
        {
            bool epoch = _random.Next(12) == 0;
            OracleSlice next = last with { OffPeak = _random.Next(10) == 0 ? !last.OffPeak : last.OffPeak, StartsEpoch = epoch };
            if (epoch && _random.Next(2) == 0) next = next with { Baseline = _random.Next(0, 90), N = _random.Next(1, 9) };
            if (_random.Next(20) == 0) next = next with { Share = _random.Next(0, 1001), Cap = _random.Next(0, 120), Decay = _random.Next(0, 1001) };
            return next;
        }

        private BankTerms Terms(long slice)
        {
            OracleSlice s = _slices[(int)slice];
            return new(slice, s.StartsEpoch, s.Baseline, s.N, new() { SharePermille = s.Share, CapUnits = s.Cap, DecayPermille = s.Decay });
        }

        private void Finish(long slice)
        {
            _history.Close(slice, _slices[(int)slice].OffPeak);
            SliceUnits[] usage = [.. _used.OrderBy(u => u.Key).Select(u => new SliceUnits(u.Key, u.Value))];
            if (slice >= _enrolled) _oracle.Final(_slices[(int)slice], _slices[(int)slice + 1], _used.GetValueOrDefault(slice));
            Eager = BankRule.Settle(Eager, _history, usage).Account;
        }

        /// <summary>Settles the lazy one first, then uses, spends, or gives back, all three alike.</summary>
        private void Touch(long running)
        {
            Touches++;
            _lazy = BankRule.Settle(_lazy, _history, _window.Held).Account;
            Compare(running);
            long units = _random.Next(0, 20);
            switch (_random.Next(4))
            {
                case 0 or 1:
                    _window.Roll(running);
                    _window.Add(running, units);
                    _used[running] = _used.GetValueOrDefault(running) + units;
                    break;
                case 2:
                    units = Math.Min(units, _lazy.Held);
                    (_lazy, Eager) = (_lazy.Spend(units), Eager.Spend(units));
                    _oracle.Spend(units);
                    break;
                default:
                    units = Math.Min(units, _lazy.Spent);
                    (_lazy, Eager) = (_lazy.GiveBack(units), Eager.GiveBack(units));
                    _oracle.GiveBack(units);
                    break;
            }
        }

        private void Compare(long running)
        {
            Assert.True(_lazy == Eager, $"seed {_seed}, slice {running}: {_lazy} is not {Eager}");
            Assert.Equal((_oracle.Saved, _oracle.Spent, _oracle.Decayed, _oracle.Held), (_lazy.Saved, _lazy.Spent, _lazy.Decayed, _lazy.Held));
        }
    }
}
