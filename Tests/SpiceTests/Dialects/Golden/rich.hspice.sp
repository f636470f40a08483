one of each, and each of the functions
.option post probe
.option parhier=local
.option reltol=1e-4
.option method=gear
.option abstol=1e-13
* option rshunt=1e12 has no counterpart in HSPICE and is left out
.option tnom=27
.temp -40
.param rtop=2000
.param gp='1/rtop'
.param high='min(1.1,pwr(abs(rtop),0.5))'
.global vdd
.model nmos nmos level=54 version=4.82
.model pmos pmos level=54 version=4.82
.model qn npn bf=80 is=1e-16
.model jn njf vto=-1.5 beta=1e-3
.subckt cell a b ratio=0.5
.param rest='1-ratio'
.model dx d is=1e-14 n=1.05
r1 a m 'rtop*rest'
r2 m b 'rtop*ratio'
r3 m vdd 1e6
d1 m b dx area=2
.ends cell
vdd vdd 0 dc 1.1 ac 1 -90
vpulse in 0 pulse(0 'high' 1e-9 2.5e-11 2.5e-11 2e-9 1e-8)
vonce once 0 dc 0.5 ac 0.5 0 pulse(1 0 0 1e-12 1e-12 1)
vsin s 0 sin(0.5 0.1 1e9 1e-10 1e7)
vexp e 0 exp(0 1 1e-10 2e-10 2e-9 3e-10)
vext state 0 pwl(0 0 2e-9 0 2.1e-9 1)
inoise s out pwl(0 0 1e-9 -1.4048017599488395e-7 2e-9 -1.0732227766169253e-7 3.0000000000000004e-9
+ 1.2857169733951723e-8 4e-9 -5.117593371171369e-8)
ipwl s out pwl(0 0 3e-10 1.5e-6 6e-10 0 9e-10 1.5e-6 1.2e-9 0 1.5e-9 1.5e-6 1.8e-9 0
+ 2.0999999999999998e-9 1.5e-6 2.4e-9 0 2.7e-9 1.5e-6 3e-9 0 3.2999999999999998e-9 1.5e-6)
mn out in 0 0 nmos w=1e-6 l=1e-7 m=2 delvto=-3.25e-3 nf=2
mp out in vdd vdd pmos w=2e-6 l=1e-7
q1 c in 0 qn area=3
rc vdd c 10000
j1 jd s 0 jn
rj vdd jd 10000
rpol out far '100*1e-5/(1e-6-1e-8)' tc1=1e-3
cpl far 0 '1e-3*1e-6*1e-6+2*1e-10*(1e-6+1e-6)' ic=0.2
cload out 0 1.5e-15
lpri once la 1e-9
rpri la 0 50
lsec lb 0 'rtop*1e-12'
rsec lb 0 50
k1 lpri lsec 0.9
t1 s 0 tl 0 z0=50 td=1e-10
rtl tl 0 50
gs1 vdd sv cur='v(vdd,sv)/((v(in)>0.5)?100:1e9)'
rs sv 0 1000
gw1 vdd wv cur='v(vdd,wv)/((i(vonce)>1e-3)?10:1e12)'
rw wv 0 10000
x1 copy 0 cell ratio=0.25
x2 copy 0 cell
e1 copy 0 out s -2
g1 copy 0 in 0 'gp/10'
f1 copy 0 vdd 0.5
h1 hv 0 vonce 100
rh hv 0 1000
gbj vdd s cur='gp*v(vdd,s)*(1+max(0,v(state)))'
ebx x 0 vol='(time>1e-9)?(-(v(s)-(v(out)-i(vdd))))/(2/exp(-v(s))):-1'
rx x 0 1e6
ey y 0 vol='v(x)*gp+temper'
gy y 0 cur='i(ebx)*1e-3'
ebz z 0 vol='(((v(s)>0.45)&&(v(s)!=0.5))||(v(e)!=0))?1:2'
rz z 0 1e6
eball all 0
+ vol='0+exp(0.3+0.1*v(e))+log(0.3+0.1*v(e))+log10(0.3+0.1*v(e))+sqrt(0.3+0.1*v(e))+abs(0.3+0.1*v(e))+sgn(0.3+0.1*v(e))+sin(0.3+0.1*v(e))+cos(0.3+0.1*v(e))+tan(0.3+0.1*v(e))+asin(0.3+0.1*v(e))+acos(0.3+0.1*v(e))+atan(0.3+0.1*v(e))+sinh(0.3+0.1*v(e))+cosh(0.3+0.1*v(e))+tanh(0.3+0.1*v(e))+sgn(0.3+0.1*v(e))*log(abs(0.3+0.1*v(e))+sqrt((0.3+0.1*v(e))*(0.3+0.1*v(e))+1))+log(1+(0.3+0.1*v(e))+sqrt((1+(0.3+0.1*v(e)))*(1+(0.3+0.1*v(e)))-1))+0.5*log((1+(0.3+0.1*v(e)))/(1-(0.3+0.1*v(e))))+floor(0.3+0.1*v(e))+ceil(0.3+0.1*v(e))+min(0.3+0.1*v(e),1.5)+max(0.3+0.1*v(e),1.5)+pwr(abs(0.3+0.1*v(e)),1.5)+pwr(0.3+0.1*v(e),1.5)+((0.3+0.1*v(e)>0)?1:0)+max(0.3+0.1*v(e),0)'
rall all 0 1e6
.nodeset v(far)=1
.ic v(out)=1.1
* signal @mn[gm] has no name in HSPICE and is not recorded
* tessera: window 1e-9 1.1e-9 5e-12
* tessera: window 1.05e-9 2e-9 1e-11
* tessera: maximumstep 2e-11
* tessera: external vext
* tessera: stop after=1e-9 holding=2e-11 |v(out,in)|>5 v(out)<-1
.option delmax=5e-12
.tran 1e-12 4e-9
.print tran v(out) v(x1.m) i(vdd) i1(mn) i(ebx)
.end
